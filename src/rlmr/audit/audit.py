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
from rlmr.data import write_whole
from rlmr.evals.stats import Estimate, clustered_mean, spearman
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
LEVELS: tuple[Level, ...] = ("easy", "normal", "hard")
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
    """Accuracy on easy, normal and hard variants."""
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
    """Audit a scorer on pairs that it was not trained on.

    Args:
        scorer: the reward model.
        pairs: held-out preferences with their groups (`read_preferences` gives them).
        model: its name, for the report.
        train: pairs to fit the cheap baselines on; without them they are fitted on the other folds of
            `pairs`.
        samples: (prompt, text) sampled from the policy that is to be trained, for the correlation with
            length.
        show: called with the name of each step.

    Raises PreferenceError for no pairs.
    """
    show("scoring")
    scored = score_pairs(scorer, [(p.prompt, p.chosen, p.rejected) for p in pairs])
    right_M = right(scored.d)
    show("baselines")
    cheap: dict[str, Floats] = {"longer wins": longer_wins(pairs)}
    for kind, name in KINDS:
        found = baseline_rights(kind, pairs, train)
        cheap[name] = np.full(len(pairs), math.nan) if found is None else found
    known = {name: values for name, values in cheap.items() if not np.isnan(values).all()}
    best = max(known, key=lambda name: float(np.nanmean(known[name])))
    show("variants")
    variants: dict[str, Estimate] = {
        level: accuracy(
            right_M
            if level == "normal"
            else right(score_pairs(scorer, [(p.prompt, *variant(p, level)) for p in pairs]).d),
            pairs,
        )
        for level in LEVELS
    }
    show("repetition")
    repeat = repeatability(scorer, pairs, scored)
    over_all, within = length_correlation(scored, pairs)
    on_samples = _on_samples(scorer, samples)
    groups = [p.group for p in pairs]
    parts = slices(scored.d, pairs)
    gain = clustered_mean(right_M - known[best], groups)
    overall = accuracy(right_M, pairs)
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
    failed = [check for check in checks if check.passed is False]
    open_ones = [check for check in checks if check.passed is None]
    safe = False if failed else None if open_ones else True
    return Audit(
        model=model,
        pairs=len(pairs),
        groups=len(set(groups)),
        texts=scored.texts,
        unknown=scored.unknown,
        truncated=scored.truncated,
        accuracy=overall,
        baselines={name: clustered_mean(values, groups) for name, values in cheap.items()}
        | {"human-human": clustered_mean(human_agreement(pairs), groups)},
        fitted_on="the training pairs" if train else "the other four fifths of these pairs, by prompt",
        best_baseline=best,
        gain=gain,
        slices=parts,
        spearman=over_all,
        spearman_within=within,
        spearman_samples=on_samples,
        samples=len(samples),
        calibration=calibrate(scored.d, groups),
        repeat=repeat,
        variants=variants,
        points=_points(pairs, scored.chosen, scored.rejected),
        checks=checks,
        safe=safe,
        verdict=sentence(safe, failed, open_ones),
    )


def sentence(safe: bool | None, failed: Sequence[Check], open_ones: Sequence[Check]) -> str:
    """The verdict in one sentence."""
    if safe is None:
        return "safe to optimise against: not known; could not be checked: " + "; ".join(
            c.name for c in open_ones
        )
    if safe:
        return "safe to optimise against: yes, as far as these checks see"
    return "safe to optimise against: no, because " + "; ".join(check.found for check in failed)


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
