"""LongBench-Write's English prompts as tasks: the length that a prompt states becomes a word-count
constraint.

Source: LongBench-Write (arXiv:2408.07055), rows `{"prompt", "type", "length"}`, 120 prompts in two languages,
Apache-2.0; get it from its authors, it is not part of this package.

What a stated length means is what `rlmr.extraction` reads: "at least 200 words" and its like are a bound, "a
200-word …" is that many, give or take 10 % (exactly that many below 20).

A row is taken where its prompt is English, states exactly one length in words, this is the row's own
`length`, and it is at most `most_words`. The prompt already states its length, so it is used as it is.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from rlmr.constraints import WordCount
from rlmr.data import DataError, Task
from rlmr.extraction import extract

HANZI = re.compile(r"[\u3400-\u9fff]")


def stated_length(prompt: str) -> tuple[int, WordCount] | None:
    """The one length in words that an English prompt states in digits, and its constraint; None for none,
    several and a range.

    >>> words, constraint = stated_length("Write a 100-word post.")
    >>> words, constraint.limits
    (100, (90, 110))
    >>> stated_length("It should be no less than 200 words.")[1].limits
    (200, None)
    >>> stated_length("Write about the sun.") is None
    True
    """
    found = [
        (item.constraint, item.span)
        for item in extract(prompt).found
        if isinstance(item.constraint, WordCount)
    ]
    if len(found) != 1 or found[0][0].scope != "text":
        return None
    constraint, span = found[0]
    numbers = re.findall(r"\d[\d,]*", prompt[slice(*span)])
    words = int(numbers[0].replace(",", "")) if len(numbers) == 1 else 0
    return (words, constraint) if words else None


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


def length_score(asked: float, written: float) -> float:
    """LongBench-Write's score of a text's length, 0 to 100: 100 where as much was written as was asked for.

    100 max(0, 1 - (written / asked - 1) / 3) above, 100 max(0, 1 - (asked / written - 1) / 2) below: 0 from
    four times as much on, and down from a third. Source: LongBench-Write
    (arXiv:2408.07055). Nothing written: 0.

    Args:
        asked: words (or hanzi) that were asked for; above 0.
        written: words (or hanzi) of the text; 0 or more.

    Raises:
        ValueError: nothing asked for, or a negative length.

    >>> length_score(100, 100), length_score(100, 250), length_score(100, 50), length_score(100, 400)
    (100.0, 50.0, 50.0, 0.0)
    """
    if not asked > 0 or not written >= 0:
        raise ValueError(f"asked must be above 0 and written at least 0, but are {asked} and {written}")
    if written == 0:
        return 0.0
    fault = (written / asked - 1.0) / 3.0 if written > asked else (asked / written - 1.0) / 2.0
    return 100.0 * max(0.0, 1.0 - fault)
