"""Human preferences: two texts for one prompt and which one was chosen; read, checked, split by prompt.

Everything wrong with a file is found before any training starts and named by its row.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rlmr.data import DataError, Message, prompt_text, read_rows, to_prompt

SHOWN = 10
"""Problems that an error lists; the rest are counted."""

HUB = "hub:"
"""Sources that begin so are data sets of the Hugging Face hub: `hub:owner/name` or `hub:owner/name:split`."""


class PreferenceError(ValueError):
    """Preferences that cannot be trained or audited on; the message names file, rows and columns."""


@dataclass(frozen=True, slots=True)
class Preference:
    """One choice between two texts."""

    prompt: str | tuple[Message, ...]
    """What both texts were written for; empty where the data set has none."""
    chosen: str
    rejected: str
    label: float = 1.0
    """Probability, in [0, 1], that `chosen` is the better one: 1 for a plain choice, less where raters were
    split."""
    margin: float | None = None
    """How much better it was judged, >= 0, in the data set's units; None = not said."""
    agreement: float | None = None
    """Share, in [0, 1], of further readers who would have chosen the same; None = not known."""
    group: str = ""
    """Preferences that share a prompt or a text share a group; splits and intervals go by it."""
    split: str = ""
    """train, val, test, or empty."""
    place: str = ""
    """`file:line`, or the data set's own name of the row."""


def read_preferences(
    source: str | Path,
    *,
    prompt_column: str | None = "prompt",
    chosen_column: str = "chosen",
    rejected_column: str = "rejected",
    split: str | None = None,
) -> list[Preference]:
    """Preferences from a .jsonl, .jsonl.gz or .parquet file, or from the hub (`hub:owner/name[:split]`).

    A row holds `prompt` (text or messages), `chosen` and `rejected` (text, or messages whose last one is the
    text), and may hold `label` and `agreement` in [0, 1], `margin` >= 0 and `split`. `prompt_column=None` is
    for data without prompts. `split` takes that split's rows only.
    Raises PreferenceError with every bad row (a missing column, a value that is no text, an empty text,
    chosen equal to rejected, a label or a margin out of range), DataError for a file that cannot be read.
    """
    found: list[Preference] = []
    problems: list[str] = []
    for place, row in _rows(source):
        try:
            found.append(to_preference(row, place, prompt_column, chosen_column, rejected_column))
        except (PreferenceError, DataError) as error:
            problems.append(f"{place}: {error}")
    refuse(problems)
    kept = [p for p in found if split is None or p.split == split]
    if not kept:
        splits = ", ".join(sorted({p.split or "(none)" for p in found})) or "no rows at all"
        raise PreferenceError(
            f"{source}: no rows" + (f" of split {split!r}; it has {splits}" if split else "")
        )
    return grouped(kept)


def refuse(problems: Sequence[str]) -> None:
    """Raise PreferenceError with the first `SHOWN` problems and how many more there are."""
    if problems:
        more = f"\n... and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        raise PreferenceError("\n".join(problems[:SHOWN]) + more)


def to_preference(
    row: dict[str, Any], place: str, prompt_column: str | None, chosen_column: str, rejected_column: str
) -> Preference:
    """One row as a preference, its group still empty. Raises PreferenceError or DataError without the place.

    >>> to_preference({"prompt": "p", "chosen": "a", "rejected": "a"}, "", "prompt", "chosen", "rejected")
    Traceback (most recent call last):
    rlmr.rewards.preferences.PreferenceError: chosen and rejected are the same text: 'a'
    """
    for column in (prompt_column, chosen_column, rejected_column):
        if column is not None and column not in row:
            raise PreferenceError(
                f"{column}: missing; the row has {', '.join(map(repr, row)) or 'no columns'}"
            )
    chosen, rejected = (_text(row[column], column) for column in (chosen_column, rejected_column))
    if chosen == rejected:
        raise PreferenceError(f"{chosen_column} and {rejected_column} are the same text: {chosen!r:.60}")
    label, margin, agreement = row.get("label", 1.0), row.get("margin"), row.get("agreement")
    for name, value in (("label", label), ("agreement", 0.0 if agreement is None else agreement)):
        if not _is_number(value) or not 0 <= value <= 1:
            raise PreferenceError(f"{name}: {value!r} is not allowed; a number between 0 and 1")
    if margin is not None and (not _is_number(margin) or margin < 0):
        raise PreferenceError(f"margin: {margin!r} is not allowed; a number of at least 0")
    prompt: str | tuple[Message, ...] = ""
    if prompt_column is not None:
        prompt = to_prompt(row[prompt_column], prompt_column)
    return Preference(
        prompt,
        chosen,
        rejected,
        float(label),
        None if margin is None else float(margin),
        None if agreement is None else float(agreement),
        split=str(row.get("split") or ""),
        place=place,
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _text(value: object, column: str) -> str:
    """A text, the content of the last message, or the `text` of an object. Raises PreferenceError."""
    if isinstance(value, list) and value and isinstance(value[-1], dict):
        value = value[-1].get("content")
    if isinstance(value, dict):
        value = value.get("text")
    if not isinstance(value, str):
        raise PreferenceError(f"{column}: {value!r:.60} is not allowed; text, not {type(value).__name__}")
    if not value.strip():
        raise PreferenceError(f"{column}: the text is empty")
    return value


def _rows(source: str | Path) -> Iterator[tuple[str, dict[str, Any]]]:
    if str(source).startswith(HUB):
        yield from _hub_rows(str(source).removeprefix(HUB))
        return
    for line, row in read_rows(Path(source)):
        yield f"{source}:{line}", row


def _hub_rows(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    from datasets import load_dataset

    path, _, split = name.partition(":")
    try:
        rows = load_dataset(path, split=split or "train")
    except (OSError, ValueError) as error:
        raise PreferenceError(f"hub:{name}: cannot be loaded: {str(error).splitlines()[0]}") from error
    for number, row in enumerate(rows, 1):
        yield f"hub:{name}:{number}", {"split": split or "train", **row}


def key(text: str) -> str:
    """A text without what does not tell two texts apart: case and white space.

    >>> key("  The Fox\\nran. ")
    'the fox ran.'
    """
    return " ".join(text.casefold().split())


def grouped(preferences: Sequence[Preference]) -> list[Preference]:
    """The same preferences with their groups: those that share a prompt or a text, directly or over others.

    >>> a, b = Preference("", "x", "y"), Preference("", "y", "z")
    >>> c = Preference("", "u", "v")
    >>> len({p.group for p in grouped([a, b])}), len({p.group for p in grouped([a, c])})
    (1, 2)
    """
    parent = list(range(len(preferences)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first: dict[tuple[str, str], int] = {}
    for i, p in enumerate(preferences):
        asked = key(prompt_text(p.prompt))
        keys = [("text", key(p.chosen)), ("text", key(p.rejected))] + ([("prompt", asked)] if asked else [])
        for each in keys:
            parent[root(i)] = root(first.setdefault(each, i))
    return [replace(p, group=preferences[root(i)].place or str(root(i))) for i, p in enumerate(preferences)]


def repeated(preferences: Sequence[Preference]) -> list[str]:
    """Pairs that stand twice, a line each with both rows; a pair chosen once each way is none."""
    return _matches(
        preferences,
        preferences,
        lambda p: {f"{key(prompt_text(p.prompt))}\0{key(p.chosen)}\0{key(p.rejected)}"},
    )


def without_repeats(preferences: Sequence[Preference]) -> list[Preference]:
    """Each pair once, the first of its rows."""
    seen: dict[tuple[str, str, str], Preference] = {}
    for p in preferences:
        seen.setdefault((key(prompt_text(p.prompt)), key(p.chosen), key(p.rejected)), p)
    return list(seen.values())


def leaks(train: Sequence[Preference], other: Sequence[Preference]) -> list[str]:
    """What stands on both sides of a split: prompts, and texts; one line each, naming a row of either side.

    Case and white space make no difference. Training on `train` and measuring on `other` is only honest where
    this is empty.
    """

    def prompts(p: Preference) -> set[str]:
        asked = key(prompt_text(p.prompt))
        return {asked} if asked else set()

    def texts(p: Preference) -> set[str]:
        return {key(p.chosen), key(p.rejected)}

    found = [f"prompt: {line}" for line in _matches(train, other, prompts)]
    return found + [f"text: {line}" for line in _matches(train, other, texts)]


def _matches(
    left: Sequence[Preference], right: Sequence[Preference], keys: Callable[[Preference], Iterable[str]]
) -> list[str]:
    """One line for each row of `right` that shares a key with an earlier or other row of `left`."""
    places: dict[str, Preference] = {}
    if left is not right:
        for p in left:
            for each in keys(p):
                places.setdefault(each, p)
    lines = []
    for p in right:
        for each in keys(p):
            other = places.get(each)
            if other is not None:
                lines.append(f"{p.place or '?'} repeats {other.place or '?'}: {each!r:.60}")
                break
        if left is right:
            for each in keys(p):
                places.setdefault(each, p)
    return lines


def check_splits(
    train: Sequence[Preference], other: Sequence[Preference], names: str = "train and test"
) -> None:
    """Raise PreferenceError where the two sides share a prompt or a text, with the rows."""
    found = leaks(train, other)
    if found:
        refuse([f"{names} share {len(found)} prompts or texts; split by prompt instead", *found])


def folds(preferences: Sequence[Preference], count: int, seed: int = 0) -> list[int]:
    """Which of `count` folds each preference belongs to: whole groups, drawn at random, sizes about equal.

    Raises PreferenceError for fewer groups than folds.

    >>> pairs = [Preference("p", "a", "b", group="p"), Preference("p", "a", "c", group="p")]
    >>> len(set(folds([*pairs, Preference("q", "a", "b", group="q")], 2)))
    2
    """
    sizes: dict[str, int] = {}
    for p in preferences:
        sizes[p.group] = sizes.get(p.group, 0) + 1
    if len(sizes) < count:
        raise PreferenceError(f"{count} folds need {count} prompts or more; there are {len(sizes)}")
    names = sorted(sizes)
    random.Random(seed).shuffle(names)
    loads = [0] * count
    fold_of: dict[str, int] = {}
    for name in sorted(names, key=lambda name: -sizes[name]):
        fold_of[name] = min(range(count), key=lambda k: loads[k])
        loads[fold_of[name]] += sizes[name]
    return [fold_of[p.group] for p in preferences]
