"""HANNA and LAMP, in the formats that their authors publish and as prepared pair files.

HANNA (Chhun et al. 2022): `hanna_stories_annotations.csv`, one row per story and rater, six criteria from 1
to 5. LAMP (Chakrabarty et al. 2025; arXiv 2504.07532): files of chat messages, one JSON object a line.
`lamp-P` asks which of two paragraphs is better, `lamp-R` asks for a paragraph's score from 1 to 10.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from rlmr.data import to_object
from rlmr.rewards.preferences import Preference, PreferenceError, grouped, read_preferences

CRITERIA = ("Relevance", "Coherence", "Empathy", "Surprise", "Engagement", "Complexity")
"""HANNA's six."""

LAMP_PAIR = ("\n\nParagraph 1:\n", "\n\nParagraph 2:\n", "\n\nYou must produce your answer")
"""What stands before the two paragraphs of a lamp-P message, and behind the second."""


def read_hanna(path: str | Path, least_margin: float = 0.0) -> list[Preference]:
    """All pairs of HANNA's stories with different means, within each prompt.

    `path` is `hanna_stories_annotations.csv`, or a prepared file of pairs (`.jsonl`, `.jsonl.gz`,
    `.parquet`). A story's score is the mean over its raters and the six criteria; the margin is the
    difference, in points of the scale. Pairs with a margin below `least_margin` are left out. Raises
    PreferenceError or DataError with file and line.
    """
    path = Path(path)
    pairs = _hanna_csv(path) if path.suffix == ".csv" else read_preferences(path)
    return [p for p in pairs if (p.margin or 0.0) >= least_margin]


def _hanna_csv(path: Path) -> list[Preference]:
    """Pairs from the raters' own rows."""
    ratings: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        missing = [
            c for c in ("Story ID", "Prompt", "Story", *CRITERIA) if c not in (reader.fieldnames or ())
        ]
        if missing:
            raise PreferenceError(
                f"{path}: no column {', '.join(missing)}; this is no hanna_stories_annotations.csv"
            )
        for row in reader:
            try:
                points = [float(row[criterion]) for criterion in CRITERIA]
            except ValueError as error:
                raise PreferenceError(f"{path}:{reader.line_num}: {error}") from None
            ratings[row["Story ID"], row["Prompt"], row["Story"]].extend(points)
    stories: dict[str, list[tuple[float, str, str]]] = defaultdict(list)
    for (name, prompt, story), values in ratings.items():
        stories[prompt].append((sum(values) / len(values), name, story))
    found = []
    for prompt, rated in stories.items():
        for (a, name_a, text_a), (b, name_b, text_b) in combinations(rated, 2):
            if abs(a - b) < 1e-9 or text_a == text_b:
                continue
            chosen, rejected = (text_a, text_b) if a > b else (text_b, text_a)
            found.append(
                Preference(prompt, chosen, rejected, 1.0, abs(a - b), place=f"{path}: {name_a}, {name_b}")
            )
    return grouped(found)


def read_lamp(path: str | Path, split: str | None = None) -> list[Preference]:
    """Pairs of LAMP's paragraphs: an expert's edit against the draft.

    `path` is a `lamp-P` file of its authors (`test_dataset.json`: chat messages, one object a line), or a
    prepared file of pairs. LAMP has no prompts; a group is a set of pairs that share a text. Raises
    PreferenceError or DataError.
    """
    path = Path(path)
    if path.suffix != ".json":
        return read_preferences(path, prompt_column=None, split=split)
    found, lines = [], path.read_bytes().splitlines()
    for number, raw in enumerate(lines, 1):
        place = f"{path}:{number}"
        messages = to_object(path, number, raw).get("messages")
        if not isinstance(messages, list) or len(messages) < 2:
            raise PreferenceError(f"{place}: messages: a lamp-P row holds a question and its answer")
        found.append(
            replace(_lamp_pair(messages[-2]["content"], messages[-1]["content"], place), split=split or "")
        )
    return grouped(found)


def _lamp_pair(asked: str, answer: str, place: str) -> Preference:
    """The two paragraphs of one lamp-P question, and which one was preferred."""
    before, between, behind = LAMP_PAIR
    _, found, rest = asked.partition(before)
    one, found_too, rest = rest.partition(between)
    two, found_end, _ = rest.rpartition(behind)
    try:
        preferred = json.loads(answer)["preference"]
    except (json.JSONDecodeError, KeyError, TypeError):
        preferred = None
    if not (found and found_too and found_end) or preferred not in ("1", "2"):
        raise PreferenceError(f"{place}: no two paragraphs with a preference of 1 or 2")
    chosen, rejected = (one, two) if preferred == "1" else (two, one)
    return Preference("", chosen.strip(), rejected.strip(), place=place)


READERS = {"pairs": read_preferences, "hanna": read_hanna, "lamp": read_lamp}
"""Formats by name."""

__all__ = ["CRITERIA", "READERS", "read_hanna", "read_lamp"]
