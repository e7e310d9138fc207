"""What the judge's precautions stop, what they cost honest texts, and what they take in time.

    python -m benchmarks.judge

The attacks are the shipped ones (`rlmr.verifiers.judge.injections`), against fake judges that obey every
structural marker (gullible) or also plain words (persuadable), without and with the precautions. Hidden words
are asked of a judge that searches for the forbidden word as it is written. Honest texts are the answers of
ten models to IFEval's prompts and the stories of HANNA and TinyStories in the shared data; without it that
part is left out.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from time import perf_counter
from unittest import mock

from benchmarks.answers import SHARED, load
from rlmr.constraints.base import Status
from rlmr.endpoint import Client, Endpoint
from rlmr.endpoint.fake import FakeServer, Request
from rlmr.verifiers.judge import Judge
from rlmr.verifiers.judge.fence import TAKEN, neutralise
from rlmr.verifiers.judge.gullible import gullible, parts, persuadable, unprotected
from rlmr.verifiers.judge.injections import Injection, injections


def literal(request: Request) -> str:
    """Passes a text that does not hold the forbidden word as it is written."""
    name, question, response = parts(request)
    found = re.search(r"(?:text: |不得出现：)(.*?)[.。]\n", question)
    there = found is not None and found[1] in response
    reply = {
        "id": name,
        "evidence": found[1] if there and found else "",
        "verdict": "fail" if there else "pass",
    }
    return json.dumps(reply)


def fooled(attacks: list[Injection], answer: Callable[[Request], str]) -> int:
    """Attacks that end in a pass."""
    with FakeServer(answer) as server, Client(Endpoint(server.base_url, "fake")) as client:
        verdicts = Judge(client).verify_many([(a.prompt, a.constraint, a.response) for a in attacks])
    return sum(verdict.status is Status.PASS for verdict in verdicts)


def attack_table() -> None:
    """One line per family."""
    print(f"{'family':24}{'texts':>6}{'bare':>8}{'protected':>11}{'persuadable':>13}")
    families: dict[str, list[Injection]] = {}
    for attack in injections():
        families.setdefault(attack.family, []).append(attack)
    for family, attacks in families.items():
        judge = literal if family == "hidden_words" else gullible
        with mock.patch("rlmr.verifiers.judge.prompt.neutralise", unprotected):
            bare = fooled(attacks, judge)
        protected, talked = fooled(attacks, judge), fooled(attacks, persuadable)
        print(f"{family:24}{len(attacks):6}{bare:8}{protected:11}{talked:13}")


def honest_texts() -> Iterator[tuple[str, list[str]]]:
    """Names and texts of the shared data."""
    yield "IFEval answers", [row["response"] for row in load()]
    for name, path in (
        ("HANNA stories", SHARED / "hanna" / "ratings.jsonl"),
        ("TinyStories", SHARED / "tinystories" / "stories_truecased.jsonl"),
    ):
        yield name, [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()]


def honest_table() -> None:
    """How many lose something to the precautions, and the time per text."""
    print(f"\n{'honest texts':24}{'texts':>6}{'touched':>9}{'ms each':>9}")
    for name, texts in honest_texts():
        start = perf_counter()
        touched = sum(TAKEN in neutralise.__wrapped__(text).text for text in texts)
        each = 1000 * (perf_counter() - start) / len(texts)
        print(f"{name:24}{len(texts):6}{touched:9}{each:9.2f}")


def main() -> None:
    """Print both tables."""
    attack_table()
    if SHARED.is_dir():
        honest_table()
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
