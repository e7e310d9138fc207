"""LongBench-Write's English prompts as tasks: the length that a prompt states becomes a word-count
constraint.

Source: LongBench-Write (arXiv:2408.07055), rows `{"prompt", "type", "length"}`, 120 prompts in two languages,
Apache-2.0; get it from its authors, it is not part of this package.

What a stated length means here:

- "no less than 200 words", "at least 200 words": at least that many ("more than", "over": one more);
- "no more than 200 words", "at most", "within", "up to": at most that many ("less than", "under": one less);
- "a 200-word …", "200 words", "about / approximately 200 words": that many, give or take 10 %.

A row is taken where its prompt is English, states exactly one length in words, this is the row's own
`length`, and it is at most `most_words`. The prompt already states its length, so it is used as it is.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Literal

from rlmr.constraints import WordCount
from rlmr.data import DataError, Task

TOLERANCE = 0.1
"""Share by which a text may miss a length that was stated without 'at least' or 'at most'."""

HANZI = re.compile(r"[\u3400-\u9fff]")
LENGTH = re.compile(
    r"(?P<before>(?:[a-z]+\s+){0,3})(?P<words>\d[\d,]*)(?:\s*-\s*|\s+)words?\b", re.IGNORECASE
)
BOUNDS: dict[str, Literal["at_least", "more", "at_most", "less"]] = {
    "no less than": "at_least",
    "no fewer than": "at_least",
    "at least": "at_least",
    "minimum of": "at_least",
    "more than": "more",
    "over": "more",
    "no more than": "at_most",
    "no longer than": "at_most",
    "at most": "at_most",
    "up to": "at_most",
    "within": "at_most",
    "maximum of": "at_most",
    "less than": "less",
    "fewer than": "less",
    "under": "less",
}
"""What stands right before a length that is a bound; the longest phrase that fits decides."""


def stated_length(prompt: str) -> tuple[int, WordCount] | None:
    """The one length in words that an English prompt states, and its constraint; None for none, or several.

    >>> words, constraint = stated_length("Write a 100-word post.")
    >>> words, constraint.limits
    (100, (90, 110))
    >>> stated_length("It should be no less than 200 words.")[1].limits
    (200, None)
    >>> stated_length("Write about the sun.") is None
    True
    """
    found = list(LENGTH.finditer(prompt))
    if len(found) != 1:
        return None
    words = int(found[0]["words"].replace(",", ""))
    before = " ".join(found[0]["before"].lower().split())
    phrase = max((phrase for phrase in BOUNDS if before.endswith(phrase)), key=len, default="")
    if words < 1:
        return None
    match BOUNDS.get(phrase):
        case "at_least":
            return words, WordCount(at_least=words)
        case "more":
            return words, WordCount(at_least=words + 1)
        case "at_most":
            return words, WordCount(at_most=words)
        case "less":
            return words, WordCount(at_most=words - 1)
    return words, WordCount(about=words, within=TOLERANCE)


def read_longbench_write(path: str | Path, most_words: int = 200) -> list[Task]:
    """Tasks from LongBench-Write's own file; ids are line numbers.

    Raises DataError, with file and line, for a row of another shape, and where no row qualifies.
    """
    tasks = []
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"{path}:{number}: not JSON: {error}") from error
        if (
            not isinstance(row, dict)
            or not isinstance(row.get("prompt"), str)
            or not isinstance(row.get("length"), int)
        ):
            raise DataError(
                f"{path}:{number}: a row has 'prompt' (text) and 'length' (whole number of words)"
            )
        stated = None if HANZI.search(row["prompt"]) else stated_length(row["prompt"])
        if stated is not None and stated[0] == row["length"] <= most_words:
            meta = {"type": row.get("type"), "length": row["length"]}
            tasks.append(Task(str(number), row["prompt"], (stated[1],), meta))
    if not tasks:
        raise DataError(f"{path}: no English prompt states a length of at most {most_words} words")
    return tasks
