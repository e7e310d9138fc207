"""Rows and judges for evaluations: texts whose worth is written in them, judges with one bad habit each."""

import json
import random
import re

from rlmr.data import Task
from rlmr.evals.outcome import EvalRow

WORDS = ["rain", "door", "lamp", "hill", "boat", "salt", "moon", "coat"]


def text_of(worth, words, seed):
    """A text of that many words that says what it is worth."""
    rng = random.Random(seed)
    return f"Worth {worth:.2f}. " + " ".join(rng.choice(WORDS) for _ in range(words - 2)) + "."


def worth_of(text):
    return float(re.search(r"Worth (-?[\d.]+)\.", text).group(1))


def rows_of(system, mean, words, n=120, seed=0, spread=6):
    """One row for each of n tasks; `mean` is the system's worth, tasks differ."""
    rng = random.Random(f"{system}{seed}")
    rows = []
    for i in range(n):
        worth = mean + rng.gauss(0, 0.6)
        text = text_of(worth, words + rng.randrange(-spread, spread + 1), f"{system}{i}")
        count = len(text.split())
        rows.append(
            EvalRow(
                task=f"t{i}",
                prompt=f"Write text {i}.",
                completion=text,
                answer=text,
                words=count,
                tokens=count,
                finished=True,
                verdicts=(),
                passed=True,
                scores={"gold": worth},
            )
        )
    return rows


def tasks(n):
    return [Task(f"t{i}", f"Write text {i}.") for i in range(n)]


def judge_by(prefers):
    """The answer of a fake pairwise judge: `prefers(first, second)` > 0 names the first, < 0 the second."""

    def answer(request):
        if '"first"' not in request.text:
            return "The sea is wide."  # a canary
        given = json.loads(request.text)
        found = prefers(given["first"], given["second"])
        return json.dumps({"better": "first" if found > 0 else "second" if found < 0 else "tie"})

    return answer


def honest(first, second):
    return worth_of(first) - worth_of(second)


def noisy(first, second):
    rng = random.Random(first + second)
    return honest(first, second) + rng.gauss(0, 0.8)


def position_biased(first, second):
    return honest(first, second) + 0.9


def length_biased(first, second):
    return honest(first, second) + 0.08 * (len(first.split()) - len(second.split()))


def length(prompts, completions, **_):
    """A score of the user's own."""
    return [float(len(text)) for text in completions]


other = length
