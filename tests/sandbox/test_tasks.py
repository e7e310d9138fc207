import random
from collections import Counter

import pytest

from rlmr.constraints.base import Status
from rlmr.sandbox.tasks import make_tasks, phrase, write_for


def test_the_same_seed_gives_the_same_tasks():
    assert make_tasks(20, 3) == make_tasks(20, 3)
    assert [t.prompt for t in make_tasks(20, 3)] != [t.prompt for t in make_tasks(20, 4)]


def test_held_out_briefs_are_new():
    briefs = [
        {(t.meta["hero"], t.meta["object"]) for t in make_tasks(3000, 0, s)} for s in ("train", "heldout")
    ]
    assert not briefs[0] & briefs[1]
    assert all(len(b) > 100 for b in briefs)


def test_one_to_three_constraints_of_every_kind_and_one_limit_of_length():
    tasks = make_tasks(2000, 1)
    kinds = Counter(c.type for t in tasks for c in t.constraints)
    assert {len(t.constraints) for t in tasks} == {1, 2, 3}
    assert all(sum(c.type in ("word_count", "sentence_count") for c in t.constraints) == 1 for t in tasks)
    assert len(kinds) == 8
    assert min(kinds.values()) > 200


def test_every_constraint_stands_in_its_prompt():
    for task in make_tasks(200, 2):
        assert all(phrase(c) in task.prompt for c in task.constraints)


def test_every_task_can_be_kept():
    rng = random.Random(0)
    for task in make_tasks(300, 5):
        text = write_for(task, rng, skill=0.8, obey=1.0, tries=300)
        kept = [c.check(text).status is Status.PASS for c in task.constraints]
        assert all(kept), (task.prompt, text, kept)


@pytest.mark.parametrize("obey", [0.0, 0.7])
def test_writers_obey_as_often_as_asked(obey):
    rng = random.Random(0)
    kept = [
        c.check(text).status is Status.PASS
        for task in make_tasks(400, 6)
        for text in [write_for(task, rng, skill=0.5, obey=obey)]
        for c in task.constraints
    ]
    assert abs(sum(kept) / len(kept) - obey) < 0.06
