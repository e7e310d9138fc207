"""Examples and files for the tests of the trained verifier."""

from __future__ import annotations

import json
import random

from rlmr.constraints import Requirement
from rlmr.constraints.base import Status
from rlmr.verifiers.classifier.data import Example

PASS, FAIL, UNKNOWN = Status.PASS, Status.FAIL, Status.UNKNOWN
ANIMALS = ("fox", "hen", "owl", "wolf")
WORDS = ("the", "hen", "owl", "river", "lantern", "garden", "story", "once", "bright", "dark", "old")
HAS = Requirement("use the word fox")


def example(prompt="p", text="a text", passed=True, constraint=HAS, place=""):
    return Example((prompt, constraint, text), passed, place)


def write(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def stories(count, seed=0):
    """Texts with or without a fox, each labelled by whether it has one; none stands twice."""
    rng = random.Random(seed)
    found = {}
    while len(found) < count:
        words = rng.choices(WORDS, k=9)
        if rng.random() < 0.5:
            words[rng.randrange(9)] = "fox"
        found[" ".join(words)] = "fox" in words
    return [
        example(f"write about {i} {rng.choice(ANIMALS)}", text, passed)
        for i, (text, passed) in enumerate(found.items())
    ]
