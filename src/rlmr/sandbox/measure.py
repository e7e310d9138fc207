"""What the sandbox's checkpoints reach: the numbers that ship beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from rlmr.constraints.base import Status
from rlmr.data import Task
from rlmr.rewards.reward_model import RewardModel
from rlmr.sandbox.gold import judge
from rlmr.sandbox.preferences import Pair, make_pairs
from rlmr.sandbox.samples import sample_texts
from rlmr.sandbox.tasks import make_tasks

Floats = npt.NDArray[np.float64]
N_TASKS = 1000
N_PAIRS = 2000
TEMPERATURES = (1.0, 1.3)
"""The first is the one that is measured; the readers choose between samples of both."""
PARTS = ("relevance", "arc", "imagery", "feeling", "dialogue", "broken", "repeated")


def measure(policy: Path, reward_model: Path, seed: int = 0) -> dict[str, Any]:
    """Metrics of both checkpoints on held-out tasks. Takes about half a minute.

    Returns:
        quality_mean, quality_std: the reward model's score on the start policy's samples, the frozen
        scale for rules that depend on one; pass_rate, gold, words of these samples; accuracy of the
        reward model on readers' choices beside the readers' ceiling and longer-wins; correlations.
    """
    tasks = make_tasks(N_TASKS, seed + 2, "heldout")
    sampled = sample_texts(policy, tasks, TEMPERATURES, seed + 2)
    texts = [samples[0] for _, samples in sampled]
    reward = RewardModel(reward_model, batch_size=256, precision="float32")
    quality = scores(reward, [task.prompt_text for task in tasks], texts)
    return {
        "seed": seed,
        "tasks": N_TASKS,
        "quality_mean": rounded(quality.mean()),
        "quality_std": rounded(quality.std()),
        **of_texts(tasks, texts, quality),
        **of_pairs(make_pairs(sampled, N_PAIRS, seed + 3), reward),
    }


def scores(reward: RewardModel, prompts: Sequence[str], answers: Sequence[str]) -> Floats:
    """(B,) scores; NaN where the model has none."""
    return np.array(reward.score(prompts, answers).values, dtype=np.float64)


def of_texts(tasks: Sequence[Task], texts: Sequence[str], quality: Floats) -> dict[str, Any]:
    """Pass rate, gold and its parts, words, and how they go together; one text per task."""
    written = list(zip(tasks, texts, strict=True))
    parts = [judge(task.meta["hero"], task.meta["object"], text) for task, text in written]
    gold = np.array([part.total for part in parts])
    words = np.array([len(text.split()) for text in texts])
    passed = [all(c.check(text).status is Status.PASS for c in task.constraints) for task, text in written]
    return {
        "pass_rate": rounded(np.mean(passed)),
        "gold_mean": rounded(gold.mean()),
        "gold_parts": {name: rounded(np.mean([getattr(g, name) for g in parts])) for name in PARTS},
        "words_mean": rounded(words.mean(), 2),
        "spearman_gold_words": rounded(spearmanr(gold, words).statistic),
        "spearman_quality_words": rounded(spearmanr(quality, words).statistic),
        "spearman_quality_gold": rounded(spearmanr(quality, gold).statistic),
    }


def of_pairs(pairs: Sequence[Pair], reward: RewardModel) -> dict[str, Any]:
    """Share of the readers' choices that the model predicts, beside their ceiling and longer-wins."""
    prompts = [pair.prompt for pair in pairs]
    chosen = scores(reward, prompts, [pair.chosen for pair in pairs])
    rejected = scores(reward, prompts, [pair.rejected for pair in pairs])
    return {
        "pairs": len(pairs),
        "pair_accuracy": rounded((chosen > rejected).mean()),
        "pair_ceiling": rounded(np.mean([pair.certainty for pair in pairs])),
        "pair_longer_wins": rounded(np.mean([pair.longer_wins for pair in pairs])),
    }


def rounded(value: Any, digits: int = 4) -> float:
    """A plain float, for JSON."""
    return round(float(value), digits)
