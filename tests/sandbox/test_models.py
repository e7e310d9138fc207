import random

import pytest

from rlmr.sandbox import CHECKPOINTS, checkpoint, metrics
from rlmr.sandbox.measure import measure
from rlmr.sandbox.models import make_tokenizer
from rlmr.sandbox.preferences import make_pairs
from rlmr.sandbox.readers import Reader, panel
from rlmr.sandbox.tasks import make_tasks, write_for

TEXT = 'The lost key\nOne morning, an owl found a key. "Follow me to the forest," said the fox.'


def test_the_tokenizer_gives_the_text_back():
    tokenizer = make_tokenizer([TEXT])
    assert tokenizer.decode(tokenizer(TEXT).input_ids) == TEXT
    assert tokenizer.decode(tokenizer("The zebra").input_ids) == "The<unk>"


def test_a_prompt_renders_as_in_training():
    tokenizer = make_tokenizer([TEXT])
    messages = [{"role": "user", "content": "A key."}]
    assert (
        tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        == "<user>A key.<story>"
    )


def test_readers_like_gold_and_length():
    reader = Reader(keenness=1.0, length_bias=1.6)
    assert reader.prefers(1.0, 0.0) > 0.85
    assert reader.prefers(0.0, 15.0) == pytest.approx(0.832, abs=1e-3)
    assert reader.prefers(0.4, 10.0) + reader.prefers(-0.4, -10.0) == pytest.approx(1.0)
    assert reader.prefers(1e9, 0.0) == pytest.approx(1.0)
    assert reader.prefers(-1e9, 0.0) == pytest.approx(0.0)
    assert panel() == panel()


def test_on_world_stories_the_longer_one_wins_more_often():
    rng = random.Random(0)
    tasks = make_tasks(300, 3)
    texts = [(t, [write_for(t, rng, skill=rng.betavariate(2, 4)) for _ in range(3)]) for t in tasks]
    pairs = make_pairs(texts, 1500, seed=0)
    longer = sum(p.longer_wins for p in pairs) / len(pairs)
    assert 0.55 < longer < 0.75
    assert all(p.chosen != p.rejected and 0.5 <= p.certainty <= 1 for p in pairs)


def test_the_shipped_checkpoints_are_small_and_safe():
    files = [f for f in CHECKPOINTS.rglob("*") if f.is_file()]
    assert sum(f.stat().st_size for f in files) < 10_000_000
    assert {f.suffix for f in files} <= {".safetensors", ".json", ".jinja"}


def test_an_unknown_checkpoint_is_refused():
    with pytest.raises(ValueError, match="reward_model"):
        checkpoint("reward")


@pytest.mark.slow
def test_the_shipped_checkpoints_match_their_recorded_metrics():
    """The recorded numbers come from another machine: sampling may differ in a few texts of a thousand."""
    recorded = metrics()
    measured = measure(checkpoint("policy"), checkpoint("reward_model"), recorded["seed"])
    for name, tolerance in {
        "pass_rate": 0.03,
        "gold_mean": 0.06,
        "words_mean": 1.0,
        "quality_mean": 0.1,
        "quality_std": 0.1,
        "pair_accuracy": 0.015,
        "pair_ceiling": 0.015,
    }.items():
        assert measured[name] == pytest.approx(recorded[name], abs=tolerance), name


def test_the_reward_model_is_between_longer_wins_and_the_readers_ceiling():
    """It is not near the ceiling yet (LOG.md): this holds it above the baseline, and above gold by chance."""
    recorded = metrics()
    assert recorded["pair_longer_wins"] + 0.05 < recorded["pair_accuracy"] < recorded["pair_ceiling"]
    assert recorded["spearman_quality_gold"] > 0.5
