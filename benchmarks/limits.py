"""How often the types that may answer unknown do, on real stories.

    python -m benchmarks.limits [--stories N]

Over stories of TinyStories and HANNA in the shared data: verdicts of `tense`, of `names` with `only` (the
characters are the story's own names from our list, so that a fail or an unknown names somebody beside them),
and the share of prose lines of ten syllables that scan as pentameter by chance.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable
from itertools import islice

from benchmarks.answers import SHARED
from rlmr import text as txt
from rlmr.constraints import CharacterNames, Constraint, Meter, Tense
from rlmr.constraints.types.lists.names import GIVEN
from rlmr.text.english_sounds import line_syllables

FILES = {"TinyStories": "tinystories/stories_truecased.jsonl", "HANNA": "hanna/ratings.jsonl"}


def read(name: str, count: int) -> list[str]:
    """The first different stories of a set."""
    path = SHARED / FILES[name]
    if not path.is_file():
        raise SystemExit(f"{path} is absent: set RLMR_SHARED_DATA to the folder of shared data")
    with path.open(encoding="utf-8") as lines:
        return list(islice(dict.fromkeys(json.loads(line)["text"] for line in lines), count))


def own_names(story: str) -> tuple[str, ...]:
    """The names of our list that the story holds; a stand-in where there is none."""
    found = {
        word.capitalize() for word in txt.word_list(story) if word.lower() in GIVEN and word[0].isupper()
    }
    return tuple(sorted(found)) or ("Nemo",)


def lines_of_ten(story: str) -> Iterable[str]:
    """Stretches of the story's words that have ten syllables."""
    line: list[str] = []
    for word in story.split():
        line.append(word)
        syllables = line_syllables(" ".join(line))[1]
        if syllables == 10:
            yield " ".join(line)
        if syllables >= 10:
            line = []


def shares(pairs: Iterable[tuple[Constraint, str]]) -> str:
    """Shares of pass, fail and unknown."""
    counts = Counter(constraint.check(text).status.value for constraint, text in pairs)
    return ", ".join(f"{kind} {counts[kind] / counts.total():.1%}" for kind in ("pass", "fail", "unknown"))


def main() -> None:
    """Read the stories and print the shares."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stories", type=int, default=600, help="stories of each set (default 600)")
    count = parser.parse_args().stories
    for name in FILES:
        stories = read(name, count)
        print(f"{name}, {len(stories)} stories")
        print("  tense past:", shares((Tense("past"), story) for story in stories))
        print("  tense present:", shares((Tense("present"), story) for story in stories))
        only = ((CharacterNames(own_names(s), appear=False, only=True), s) for s in stories)
        print("  names, only the listed:", shares(only))
        lines = [line for story in stories[: count // 3] for line in lines_of_ten(story)]
        print(f"  prose as pentameter ({len(lines)} lines):", shares((Meter(share=1.0), x) for x in lines))


if __name__ == "__main__":
    main()
