"""What the sandbox's checkpoints reach: the numbers that ship beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from rlmr.constraints.base import Status
from rlmr.evals.generate import generate, load_policy
from rlmr.rewards.reward_model import RewardModel
from rlmr.sandbox.gold import judge
from rlmr.sandbox.preferences import make_pairs
from rlmr.sandbox.tasks import make_tasks

Floats = npt.NDArray[np.float64]
N_TASKS = 1000
N_PAIRS = 2000
SAMPLE_TOKENS = 110


def measure(policy: Path, reward_model: Path, seed: int = 0) -> dict[str, Any]:
    """Metrics of both checkpoints on held-out tasks. Takes about half a minute.

    Returns:
        quality_mean, quality_std: the reward model's score on the start policy's samples, the frozen
        scale for rules that depend on one; pass_rate, gold, words of these samples; accuracy of the
        reward model on readers' choices beside the readers' ceiling and longer-wins; correlations.
    """
    model, tokenizer = load_policy(policy)
    tasks = make_tasks(N_TASKS, seed + 2, "heldout")
    samples = [
        [
            c.text
            for c in generate(
                model,
                tokenizer,
                [t.prompt for t in tasks],
                max_new_tokens=SAMPLE_TOKENS,
                temperature=temperature,
                seed=seed + 2,
            )
        ]
        for temperature in (1.0, 1.3)
    ]
    texts = samples[0]
    reward = RewardModel(reward_model, batch_size=256)

    def score(prompts: list[str], answers: list[str]) -> Floats:
        return np.array(reward.score(prompts, answers).values, dtype=np.float64)

    quality = score([t.prompt_text for t in tasks], texts)
    parts = [judge(t.meta["hero"], t.meta["object"], x) for t, x in zip(tasks, texts, strict=True)]
    gold = np.array([g.total for g in parts])
    words = np.array([len(x.split()) for x in texts])
    passed = [
        all(c.check(x).status is Status.PASS for c in t.constraints)
        for t, x in zip(tasks, texts, strict=True)
    ]
    pairs = make_pairs([(t, list(x)) for t, *x in zip(tasks, *samples, strict=True)], N_PAIRS, seed + 3)
    prompts = [p.prompt for p in pairs]
    right = score(prompts, [p.chosen for p in pairs]) > score(prompts, [p.rejected for p in pairs])
    return {
        "seed": seed,
        "tasks": N_TASKS,
        "quality_mean": round(float(quality.mean()), 4),
        "quality_std": round(float(quality.std()), 4),
        "pass_rate": round(float(np.mean(passed)), 4),
        "gold_mean": round(float(gold.mean()), 4),
        "gold_parts": {
            name: round(float(np.mean([getattr(g, name) for g in parts])), 4)
            for name in ("relevance", "arc", "imagery", "feeling", "dialogue", "broken", "repeated")
        },
        "words_mean": round(float(words.mean()), 2),
        "spearman_gold_words": round(float(spearmanr(gold, words).statistic), 4),
        "spearman_quality_words": round(float(spearmanr(quality, words).statistic), 4),
        "spearman_quality_gold": round(float(spearmanr(quality, gold).statistic), 4),
        "pairs": len(pairs),
        "pair_accuracy": round(float(right.mean()), 4),
        "pair_ceiling": round(float(np.mean([p.certainty for p in pairs])), 4),
        "pair_longer_wins": round(float(np.mean([p.longer_wins for p in pairs])), 4),
    }
