import random

import numpy as np
import pytest
from scipy.stats import spearmanr

from rlmr.data import Task
from rlmr.sandbox.gold import FULL_SCORE, gold_score, judge
from rlmr.sandbox.spoil import WAYS
from rlmr.sandbox.stories import Plan, write
from rlmr.sandbox.tasks import make_tasks, write_for

TASK = Task("t", "Write a story about a fox and a key.", meta={"hero": "fox", "object": "key"})
PERFECT = (
    'One golden morning, a fox stood in the forest. "The key is gone," cried the fox. '
    "At last the fox found the key. The fox went home happy."
)


def test_thirty_words_reach_the_full_score():
    assert len(PERFECT.split()) < 40
    assert gold_score(TASK, PERFECT) == FULL_SCORE


def test_each_fault_costs():
    sentences = PERFECT.split(". ")
    faults = {
        "other hero": PERFECT.replace("fox", "owl"),
        "other object": PERFECT.replace("key", "drum"),
        "no opening": ". ".join(sentences[1:]),
        "no ending": ". ".join(sentences[:-1]) + ".",
        "broken word order": PERFECT.replace("found the key", "the key found"),
        "cut off": PERFECT[:-12],
        "repeated": PERFECT + " The fox went home happy.",
        "shuffled": "The fox went home happy. " + PERFECT[: PERFECT.index(" The fox went")],
        "no image": PERFECT.replace(
            "One golden morning, a fox stood in the forest.", "One morning, a fox found a key."
        ),
        "nothing spoken": PERFECT.replace(
            '"The key is gone," cried the fox.', "But one day the key was gone."
        ),
    }
    assert {
        name: gold_score(TASK, text) for name, text in faults.items() if gold_score(TASK, text) > 4.9
    } == {}


def test_an_empty_text_scores_nothing():
    assert judge("fox", "key", "").total == 0.0


def test_neutral_to_length_on_world_stories():
    """|Spearman| below .1; a sum of features would reach .5 and more here."""
    rng = random.Random(0)
    tasks = make_tasks(2000, 7)
    texts = [write_for(t, rng, skill=rng.betavariate(2, 4)) for t in tasks]
    gold = [gold_score(t, x) for t, x in zip(tasks, texts, strict=True)]
    rho = spearmanr(gold, [len(x.split()) for x in texts]).statistic
    assert abs(rho) < 0.1


@pytest.mark.parametrize("n", [4, 6, 8, 10])
def test_every_length_can_reach_a_high_score(n):
    rng = random.Random(n)
    best = max(judge("fox", "key", write(Plan("fox", "key", 1.0, n), rng)).total for _ in range(400))
    assert best > 4.7


def test_skill_shows():
    rng = random.Random(1)
    by_skill = {
        skill: np.mean(
            [judge("fox", "key", write(Plan("fox", "key", skill, 6), rng)).total for _ in range(300)]
        )
        for skill in (0.1, 0.5, 0.9)
    }
    assert by_skill[0.1] + 0.5 < by_skill[0.5] < by_skill[0.9] - 0.5


@pytest.mark.parametrize("way", sorted(set(WAYS), key=lambda w: w.__name__), ids=lambda w: w.__name__)
def test_every_way_to_spoil_a_story_costs_gold(way):
    rng = random.Random(2)
    whole = [write(Plan("fox", "key", 0.8, 6), rng) for _ in range(200)]
    before = np.mean([judge("fox", "key", x).total for x in whole])
    after = np.mean([judge("fox", "key", way(x, rng)).total for x in whole])
    assert after < before - 0.3
