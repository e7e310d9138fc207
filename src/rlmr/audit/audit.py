"""The audit of a reward model: what it is right on, what it is paid by, and whether to optimise against
it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rlmr.audit.baselines import Kind, human_agreement, longer_wins
from rlmr.audit.calibration import Calibration, calibrate
from rlmr.audit.measures import (
    Floats,
    Repeat,
    Scored,
    Slice,
    accuracy,
    baseline_rights,
    length_correlation,
    repeatability,
    right,
    score_pairs,
    slices,
)
from rlmr.audit.variants import Level, variant
from rlmr.audit.verdict import Check, judge_checks
from rlmr.data import prompt_text, write_whole
from rlmr.evals.stats import NOTHING, Estimate, clustered_mean, spearman
from rlmr.rewards.ensemble import Scoring
from rlmr.rewards.preferences import Preference
from rlmr.rewards.reward_model import Prompt
from rlmr.runs.files import plain
from rlmr.text import count_words

KINDS: tuple[tuple[Kind, str], ...] = (
    ("style", "9 style features"),
    ("tfidf", "TF-IDF Bradley-Terry"),
    ("both", "style and TF-IDF"),
)
LEVELS: tuple[Level, ...] = ("easy", "normal", "hard", "echo", "stub")
POINTS = 600
"""Texts of the scatter plot, at most."""

Show = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything that an audit found. Estimates have a 95 % interval by prompt group; NaN is unknown."""

    model: str
    pairs: int
    groups: int
    texts: int
    unknown: int
    """Texts without a score."""
    truncated: int
    """Texts that the model did not read to their end."""
    accuracy: Estimate
    baselines: dict[str, Estimate]
    """By name; `human-human` is NaN where the pairs do not say."""
    fitted_on: str
    """What the style and word baselines were fitted on."""
    best_baseline: str
    gain: Estimate
    """Accuracy minus that of the best cheap baseline, on the same pairs."""
    slices: list[Slice]
    spearman: float
    """Of score and words, over all texts of the pairs."""
    spearman_within: float
    """Its mean within prompt groups."""
    spearman_samples: float
    """Over held-out samples of a policy; NaN where none were given."""
    samples: int
    calibration: Calibration
    repeat: Repeat
    variants: dict[str, Estimate]
    """Accuracy on each level of `rlmr.audit.variants`."""
    points: list[tuple[float, float]]
    """(words, score) of texts, for the plot."""
    checks: list[Check]
    safe: bool | None
    """Whether to optimise against it; None where a check could not be made and none failed."""
    verdict: str
    """One sentence."""


def audit(
    scorer: Scoring,
    pairs: Sequence[Preference],
    *,
    model: str = "",
    train: Sequence[Preference] = (),
    samples: Sequence[tuple[Prompt, str]] = (),
    show: Show = lambda step: None,
) -> Audit:
    """Audit a scorer on pairs that it was not trained on, with their groups (`read_preferences` gives them).

    Args:
        scorer: the reward model, called `model` in the report.
        train: pairs to fit the cheap baselines on; without them they learn from the other folds of `pairs`.
        samples: (prompt, text) sampled from the policy that is to be trained, for the correlation with
            length.
        show: called with the name of each step.

    Raises PreferenceError for no pairs.
    """
    show("scoring")
    scored = score_pairs(scorer, [(p.prompt, p.chosen, p.rejected) for p in pairs])
    show("baselines")
    cheap = cheap_rights(pairs, train)
    show("variants")
    variants = on_variants(scorer, pairs, scored)
    show("repetition")
    repeat = repeatability(scorer, pairs, scored)
    over_all, within = length_correlation(scored, pairs)
    on_samples = _on_samples(scorer, samples)
    groups, right_M, parts = [p.group for p in pairs], right(scored.d), slices(scored.d, pairs)
    best, gain = against_best(right_M, cheap, groups)
    checks = judge_checks(
        gain=gain,
        best=best,
        rho=on_samples if samples else within if not math.isnan(within) else over_all,
        on_samples=bool(samples),
        slices={part.name: part.accuracy for part in parts},
        variants=variants,
        repeat=repeat,
        truncated_share=scored.truncated / scored.texts,
        unknown=scored.unknown,
    )
    safe, verdict = conclude(checks)
    baselines = {name: clustered_mean(values, groups) for name, values in cheap.items()}
    baselines["human-human"] = clustered_mean(human_agreement(pairs), groups)
    return Audit(
        model=model, pairs=len(pairs), groups=len(set(groups)), texts=scored.texts, unknown=scored.unknown,
        truncated=scored.truncated, accuracy=accuracy(right_M, pairs), baselines=baselines,
        fitted_on="the training pairs" if train else "the other four fifths of these pairs, by prompt",
        best_baseline=best, gain=gain, slices=parts, spearman=over_all, spearman_within=within,
        spearman_samples=on_samples, samples=len(samples), calibration=calibrate(scored.d, groups),
        repeat=repeat, variants=variants, points=_points(pairs, scored.chosen, scored.rejected),
        checks=checks, safe=safe, verdict=verdict,
    )  # fmt: skip


def against_best(right_M: Floats, cheap: dict[str, Floats], groups: Sequence[str]) -> tuple[str, Estimate]:
    """The best cheap baseline, and the model's accuracy minus its on the same M pairs."""
    known = {name: values for name, values in cheap.items() if not np.isnan(values).all()}
    best = max(known, key=lambda name: float(np.nanmean(known[name])))
    return best, clustered_mean(right_M - known[best], groups)


def cheap_rights(pairs: Sequence[Preference], train: Sequence[Preference]) -> dict[str, Floats]:
    """Which of M pairs each cheap baseline orders rightly, (M,) by name; NaN where it cannot be fitted."""
    cheap: dict[str, Floats] = {"longer wins": longer_wins(pairs)}
    for kind, name in KINDS:
        found = baseline_rights(kind, pairs, train)
        cheap[name] = np.full(len(pairs), math.nan) if found is None else found
    return cheap


def on_variants(scorer: Scoring, pairs: Sequence[Preference], scored: Scored) -> dict[str, Estimate]:
    """Accuracy on each of `LEVELS`; the normal one is scored already, and pairs without a prompt have no
    echo."""
    found = {"normal": accuracy(right(scored.d), pairs)}
    asked = np.array([bool(prompt_text(p.prompt)) for p in pairs])
    for level in LEVELS:
        if level != "normal":
            kept = [p for p, has in zip(pairs, asked, strict=True) if has or level != "echo"]
            changed = [(p.prompt, *variant(p, level)) for p in kept]
            found[level] = accuracy(right(score_pairs(scorer, changed).d), kept) if kept else NOTHING
    return {level: found[level] for level in LEVELS}


def conclude(checks: Sequence[Check]) -> tuple[bool | None, str]:
    """Whether the model is safe to optimise against, and the verdict in one sentence.

    >>> conclude([Check("reads whole texts", False, "half of the texts were cut")])[1]
    'safe to optimise against: no, because half of the texts were cut'
    """
    failed = [check for check in checks if check.passed is False]
    open_ones = [check for check in checks if check.passed is None]
    if failed:
        return False, "safe to optimise against: no, because " + "; ".join(check.found for check in failed)
    if open_ones:
        names = "; ".join(check.name for check in open_ones)
        return None, f"safe to optimise against: not known; could not be checked: {names}"
    return True, "safe to optimise against: yes, as far as these checks see"


def _on_samples(scorer: Scoring, samples: Sequence[tuple[Prompt, str]]) -> float:
    if not samples:
        return math.nan
    found = scorer.score([prompt for prompt, _ in samples], [text for _, text in samples])
    values = [math.nan if v is None else v for v in found.values]
    return spearman(values, [float(count_words(text)) for _, text in samples])


def _points(pairs: Sequence[Preference], chosen: Floats, rejected: Floats) -> list[tuple[float, float]]:
    """(words, score) of at most `POINTS` distinct texts, evenly taken."""
    texts = dict(
        zip([p.chosen for p in pairs] + [p.rejected for p in pairs], [*chosen, *rejected], strict=True)
    )
    found = [(float(count_words(t)), float(v)) for t, v in texts.items() if not math.isnan(v)]
    return found[:: max(1, math.ceil(len(found) / POINTS))]


def as_json(found: Audit) -> dict[str, Any]:
    """The audit as JSON values; unknown numbers are null, estimates {value, low, high, n}."""
    content: dict[str, Any] = asdict(found)
    for name in ("accuracy", "gain"):
        content[name] = getattr(found, name)._asdict()
    for name in ("baselines", "variants"):
        content[name] = {key: value._asdict() for key, value in getattr(found, name).items()}
    content["slices"] = [{"name": part.name, "accuracy": part.accuracy._asdict()} for part in found.slices]
    values: dict[str, Any] = plain(content)
    return values


def write_json(found: Audit, path: Path) -> Path:
    """Write the audit as JSON, whole or not at all."""
    with write_whole(path) as file:
        file.write((json.dumps(as_json(found), ensure_ascii=False, indent=1) + "\n").encode())
    return path
