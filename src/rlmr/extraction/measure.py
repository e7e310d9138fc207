"""How well an extractor reads prompts, against labels by hand.

Labels are rows `{"id", "lang", "split", "constraints": [{"span": [a, b], "constraint": {...}, "note"}]}`: a
prompt's id, offsets into it, and a specification. Words and phrases that stand in the prompt are offsets too,
so that labels hold no text of a prompt. Two types exist in labels only: `judged` (style, tone, content: for a
judge) and `other` (it could be checked, and no type covers it).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rlmr.constraints import Constraint, parse_one, to_specs
from rlmr.constraints.errors import ConstraintError
from rlmr.data import DataError, read_rows
from rlmr.text import Span

UNTYPED = ("judged", "other")
"""Types of labels that are no constraints of this package."""
IGNORED = ("lang", "role", "weight")
"""Parameters that are not compared: they say how a constraint is worded and used, not what it asks."""


@dataclass(frozen=True, slots=True)
class Label:
    """One constraint that a person found in a prompt."""

    type: str
    constraint: Constraint | None
    """None for `judged` and `other`."""
    span: Span
    note: str = ""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A prompt's labels."""

    id: str
    lang: str
    split: str
    prompt: str
    labels: tuple[Label, ...]


@dataclass(slots=True)
class Score:
    """Counts of one type: what was labelled, what was read, and what agrees."""

    labelled: int = 0
    read: int = 0
    strict: int = 0
    """Same type and same parameters."""
    lenient: int = 0
    """Same type and overlapping spans."""


@dataclass(slots=True)
class Scores:
    """Counts by type."""

    by_type: dict[str, Score] = field(default_factory=dict)

    def of(self, name: str) -> Score:
        """The counts of one type, made when first asked for."""
        return self.by_type.setdefault(name, Score())

    @property
    def total(self) -> Score:
        """All types together."""
        parts = list(self.by_type.values())
        sums = (sum(getattr(p, f) for p in parts) for f in ("labelled", "read", "strict", "lenient"))
        return Score(*sums)

    def add(self, labels: Iterable[tuple[Constraint, Span]], read: Sequence[tuple[Constraint, Span]]) -> None:
        """Count one prompt. Every reading agrees with one label at most.

        >>> from rlmr.constraints import WordCount
        >>> scores = Scores()
        >>> scores.add([(WordCount(at_most=9), (0, 5))], [(WordCount(at_most=8), (2, 7))])
        >>> scores.total
        Score(labelled=1, read=1, strict=0, lenient=1)
        """
        labels = list(labels)
        for constraint, _ in labels:
            self.of(constraint.type).labelled += 1
        for constraint, _ in read:
            self.of(constraint.type).read += 1
        wanted, given = Counter(same(c) for c, _ in labels), Counter(same(c) for c, _ in read)
        for (name, _), count in (wanted & given).items():
            self.of(name).strict += count
        free = list(labels)
        for constraint, span in read:
            for label in free:
                if label[0].type == constraint.type and label[1][0] < span[1] and span[0] < label[1][1]:
                    free.remove(label)
                    self.of(constraint.type).lenient += 1
                    break


def same(constraint: Constraint) -> tuple[str, str]:
    """The type, and all parameters that are compared, as one text; words without case and order.

    >>> from rlmr.constraints import Title
    >>> same(Title(lang="zh", role="soft")) == same(Title())
    True
    """
    spec = {key: value for key, value in to_specs([constraint])[0].items() if key not in IGNORED}
    for key in ("word", "phrase"):
        if key in spec:
            spec[key] = spec[key].lower()
    if "words" in spec:
        spec["words"] = sorted(word.lower() for word in spec["words"])
    return constraint.type, json.dumps(spec, sort_keys=True, ensure_ascii=False)


def read_labels(path: str | Path, prompts: Mapping[str, str]) -> list[Labelled]:
    """Labels of the prompts that are at hand. Raises DataError that names file, line and prompt."""
    path = Path(path)
    rows = []
    for line, row in read_rows(path):
        try:
            prompt = prompts[row["id"]]
            labels = tuple(_to_label(item, prompt) for item in row["constraints"])
            rows.append(Labelled(row["id"], row["lang"], row["split"], prompt, labels))
        except (KeyError, IndexError, ValueError, TypeError, ConstraintError) as error:
            raise DataError(f"{path}:{line}: {row.get('id')}: {error}") from None
    return rows


def _to_label(item: Mapping[str, Any], prompt: str) -> Label:
    """One label; offsets are resolved to the prompt's words."""
    start, end = item["span"]
    if not 0 <= start < end <= len(prompt):
        raise ValueError(f"span {start}-{end} is not inside the prompt of {len(prompt)} characters")
    spec = {key: _resolve(key, value, prompt) for key, value in item["constraint"].items()}
    constraint = None if spec["type"] in UNTYPED else parse_one(spec)
    return Label(spec["type"], constraint, (start, end), item.get("note", ""))


def _resolve(key: str, value: Any, prompt: str) -> Any:
    """Offsets of a phrase, a passage or words as what stands there."""
    if key in ("phrase", "passage"):
        return prompt[value[0] : value[1]]
    return [prompt[a:b] for a, b in value] if key == "words" else value


def read_prompts(folder: str | Path) -> dict[str, str]:
    """The writing prompts of three benchmarks by id, from a folder that holds their own files.

    `arena:UID` (Arena-Hard v2, creative writing), `longbench:LINE` (LongBench-Write, arXiv:2408.07055),
    `writingbench:INDEX` (WritingBench, arXiv:2503.05244).
    """
    folder = Path(folder)
    prompts = {}
    for _, row in read_rows(folder / "arena_hard_creative" / "question.jsonl"):
        prompts[f"arena:{row['uid']}"] = row["prompt"]
    for line, row in read_rows(folder / "longbench_write" / "longbench_write.jsonl"):
        prompts[f"longbench:{line}"] = row["prompt"]
    for _, row in read_rows(folder / "writingbench" / "literature_art_with_length.jsonl"):
        prompts[f"writingbench:{row['index']}"] = row["query"]
    return prompts
