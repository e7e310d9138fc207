"""How far a judge may be trusted: its verdicts beside free labels, its constancy, and who can talk it round.

Free labels are program verdicts (IFEval's official ones, or those of `rlmr verify`) and hand-made ones. What
matters most is the recall on false texts: of the texts that break a constraint, how many the judge catches.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rlmr.constraints.base import Constraint, Status, Verdict
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.judged import Requirement
from rlmr.constraints.spec import parse
from rlmr.constraints.translate import from_ifeval
from rlmr.data import DataError, prompt_text, read_rows, to_prompt, to_text
from rlmr.evals.stats import Estimate, wilson
from rlmr.verifiers.combine import Item
from rlmr.verifiers.judge import Judge
from rlmr.verifiers.judge.injections import Injection, injections
from rlmr.verifiers.measure import Counts, count

TRUST = 0.8
"""Recall on false texts from which a type is trusted, where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One text, one constraint as a judge is asked about it, and whether the text keeps it."""

    type: str
    """Of the constraint, or the id of the IFEval instruction."""
    item: Item
    truth: bool


@dataclass(frozen=True, slots=True)
class TypeAudit:
    """One type's labels and the judge's first verdicts on them."""

    type: str
    counts: Counts
    constant: int = 0
    """Texts on which every run gave the same status."""

    @property
    def recall(self) -> Estimate:
        """Share of the decided false texts that the judge fails (Wilson's 95 % interval)."""
        return wilson(self.counts.caught, self.counts.caught + self.counts.let_through)

    @property
    def precision(self) -> Estimate:
        """Share of the texts that it fails that are false, among the labelled ones."""
        return wilson(*self.counts.ratios["precision_false"])

    @property
    def unknown(self) -> float:
        """Share of texts without a decision."""
        return wilson(*self.counts.ratios["abstained"]).value

    @property
    def agreement(self) -> float:
        """Share of texts on which every run gave the same status."""
        return self.constant / self.counts.total

    def trusted(self, threshold: float) -> bool | None:
        """Whether its recall on false texts reaches `threshold`; None where there are too few to say.

        >>> audit = TypeAudit("tone", Counts(caught=30))
        >>> audit.trusted(0.8), audit.trusted(0.95)
        (True, None)
        """
        if self.recall.n == 0:
            return None
        return True if self.recall.low >= threshold else False if self.recall.high < threshold else None


@dataclass(slots=True)
class Audit:
    """What an audit found."""

    types: list[TypeAudit]
    runs: int
    causes: Counter[str]
    """Unknown verdicts of the first run, by cause."""
    attacks: dict[str, Counter[Status]]
    """Verdicts on the injection suite by family; each pass is a judge that was fooled."""
    usage: dict[str, Any]
    """Calls, tokens and cost of all runs."""

    def record(self, threshold: float = TRUST) -> dict[str, Any]:
        """As JSON values; null where nothing is known."""
        return {
            "types": {audit.type: _type_record(audit, threshold) for audit in self.types},
            "runs": self.runs,
            "unknown": dict(self.causes.most_common()),
            "injections": {
                family: {status.value: counts[status] for status in Status}
                for family, counts in self.attacks.items()
            },
            "usage": self.usage,
        }


def audit(
    judge: Judge,
    labels: Sequence[Labelled],
    *,
    runs: int = 3,
    attacks: Sequence[Injection] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Audit:
    """Ask `judge` about every label `runs` times, and about the attacks (all that are shipped) once.

    Counts are of the first run; a run's replies have a place of their own in the cache, so that an audit that
    was interrupted goes on where it was. `progress` is called with questions answered and all.
    """
    attacks = injections() if attacks is None else attacks
    items = [label.item for label in labels]
    total = runs * len(items) + len(attacks)

    def ask(number: int, asked: Sequence[Item], before: int) -> list[Verdict]:
        show = None if progress is None else lambda done, _: progress(before + done, total)
        return replace(judge, repetition=number, progress=show).verify_many(asked)

    answers = [ask(number, items, number * len(items)) for number in range(runs)]
    attacked = ask(0, [(a.prompt, a.constraint, a.response) for a in attacks], runs * len(items))
    families: dict[str, Counter[Status]] = {}
    for attack, verdict in zip(attacks, attacked, strict=True):
        families.setdefault(attack.family, Counter())[verdict.status] += 1
    first = answers[0] if answers else []
    causes = Counter(v.cause for v in first if v.status is Status.UNKNOWN)
    return Audit(_by_type(labels, answers), runs, causes, families, judge.usage.record())


def read_labels(path: Path) -> Iterator[Labelled]:
    """Labels of a file's rows: a prompt, a text (`completion` or `response`) and what it keeps.

    A row has `constraints` with `labels` (true, false, or null for unknown, one each) or with `verdicts`, as
    `rlmr verify` writes them; or IFEval's `instruction_id_list` and `kwargs` with `strict` (the official
    verdicts; those marked `unstable` are left out) or `verdicts`. A constraint that programs decide is put to
    the judge in the words in which a writer is asked for it. Raises DataError, which names file and line.
    """
    for line, row in read_rows(path):
        try:
            yield from _labels(row)
        except (ConstraintError, DataError) as error:
            raise DataError(f"{path}:{line}: {error}") from None


def sample(labels: Iterable[Labelled], per_type: int, seed: int = 0) -> list[Labelled]:
    """At most `per_type` false and `per_type` true ones of every type, drawn by `seed`."""
    groups: dict[tuple[str, bool], list[Labelled]] = {}
    for label in labels:
        groups.setdefault((label.type, label.truth), []).append(label)
    drawn = []
    for key in sorted(groups):
        random.Random(f"{seed} {key}").shuffle(groups[key])
        drawn += groups[key][:per_type]
    return drawn


def _labels(row: Mapping[str, Any]) -> Iterator[Labelled]:
    """The labels of one row."""
    text = to_text(row)
    if "prompt" not in row:
        raise DataError(f"prompt: missing; the row has {', '.join(map(repr, row))}")
    prompt = row["prompt"] if isinstance(row["prompt"], str) else prompt_text(to_prompt(row["prompt"]))
    names, constraints = _asked(row)
    for name, constraint, truth in zip(names, constraints, _truths(row, len(names)), strict=True):
        if truth is not None:
            yield Labelled(name, (prompt, constraint, text), truth)


def _asked(row: Mapping[str, Any]) -> tuple[list[str], list[Constraint]]:
    """Types and constraints of a row, as a judge is asked about them."""
    if "constraints" in row:
        found = parse(row["constraints"])
        return [one.type for one in found], [_as_question((one,)) for one in found]
    if "instruction_id_list" not in row:
        raise DataError("constraints: missing; give constraints, or instruction_id_list and kwargs")
    names, constraints = [], []
    for name, kwargs in zip(row["instruction_id_list"], row["kwargs"], strict=True):
        natives = from_ifeval({"instruction_id_list": [name], "kwargs": [kwargs]})
        words = natives or (Requirement(f"{name}: {kwargs}"),)
        names.append(str(name))
        constraints.append(_as_question(words))
    return names, constraints


def _as_question(constraints: Sequence[Constraint]) -> Constraint:
    """What a judge can be asked: the constraint itself, or its instruction as a requirement in free words."""
    if len(constraints) == 1 and constraints[0].question() is not None:
        return constraints[0]
    said = " ".join(constraint.instruction() for constraint in constraints)
    return Requirement(said, evidence="none", lang=constraints[0].lang)


def _truths(row: Mapping[str, Any], n: int) -> list[bool | None]:
    """The row's labels; None is unknown."""
    given: list[bool | None]
    if "labels" in row:
        given = row["labels"]
    elif "verdicts" in row:
        known = {"pass": True, "fail": False, "unknown": None}
        given = [known.get(verdict["status"]) for verdict in row["verdicts"]]
    elif "strict" in row:
        unstable = row.get("unstable") or [False] * n
        given = [None if u else s for s, u in zip(row["strict"], unstable, strict=True)]
    else:
        raise DataError("labels: missing; give labels, verdicts or strict")
    if len(given) != n or any(truth not in (True, False, None) for truth in given):
        raise DataError(f"labels: {given!r:.80} is not allowed; true, false or null for each of {n}")
    return given


def _by_type(labels: Sequence[Labelled], answers: Sequence[Sequence[Verdict]]) -> list[TypeAudit]:
    """The table: types in alphabetical order."""
    first: dict[str, list[tuple[bool, Status]]] = {}
    constant = Counter[str]()
    for index, label in enumerate(labels):
        statuses = [run[index].status for run in answers]
        first.setdefault(label.type, []).append((label.truth, statuses[0]))
        constant[label.type] += len(set(statuses)) == 1
    return [TypeAudit(name, count(first[name]), constant[name]) for name in sorted(first)]


def _type_record(audit: TypeAudit, threshold: float) -> dict[str, Any]:
    trusted = audit.trusted(threshold)
    return {
        "false": audit.counts.false,
        "true": audit.counts.true,
        "recall_on_false": _estimate(audit.recall),
        "precision": _estimate(audit.precision),
        "unknown": round(audit.unknown, 4),
        "agreement": round(audit.agreement, 4),
        "trusted": trusted,
    }


def _estimate(estimate: Estimate) -> dict[str, float | None]:
    known = estimate.n > 0
    return {
        "value": round(estimate.value, 4) if known else None,
        "low": round(estimate.low, 4) if known else None,
        "high": round(estimate.high, 4) if known else None,
        "n": estimate.n,
    }
