"""Whether the gates are fair: every answer that keeps its prompt's official strict verdicts and fails one.

    python -m benchmarks.gates [--output FILE]

Each such answer was read and judged by hand; `gates.tsv` beside this file holds the judgements: *degenerate*
(as a reward it has to fail: a loop until cut off, a bare refusal, the prompt again) or *unfair* (an honest
answer). Printed are the two shares, every answer with the gate's reason and the judgement's, and the answers
judged unfair that pass since the gates were repaired. An answer that nobody has judged is shown as such.
"""

from __future__ import annotations

import argparse
import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.answers import load, short
from rlmr.constraints import default_gates
from rlmr.verifiers.program import verify

JUDGEMENTS = Path(__file__).with_suffix(".tsv")
"""Columns model, key, gate, judgement (degenerate or unfair), reason."""
COLUMNS = ("model", "key", "gate", "found", "judgement", "reason")


@dataclass(frozen=True, slots=True)
class Failure:
    """One answer that keeps every official verdict and fails a gate."""

    model: str
    key: int
    gate: str
    found: str
    """What the gate says."""
    judgement: str
    """degenerate, unfair, or not judged."""
    reason: str
    """The judge's."""


def judgements() -> dict[tuple[str, int, str], tuple[str, str]]:
    """Judgement and reason by model, key and gate."""
    with JUDGEMENTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, dialect="excel-tab"))
    return {(r["model"], int(r["key"]), r["gate"]): (r["judgement"], r["reason"]) for r in rows}


def failures(rows: list[dict[str, Any]]) -> tuple[list[Failure], int]:
    """The failures among the rows, one for each gate that is failed, and how many rows were asked."""
    judged = judgements()
    gates = default_gates()
    kept = [row for row in rows if all(row["strict"])]
    found = []
    for row in kept:
        for verdict in verify(row["prompt"], row["response"], gates):
            if not verdict.passed:
                place = (short(row["model"]), row["key"], verdict.type)
                found.append(Failure(*place, verdict.reason, *judged.get(place, ("not judged", ""))))
    return found, len(kept)


def as_table(found: list[Failure]) -> str:
    """The failures as tab-separated lines below a header."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, dialect="excel-tab", lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([getattr(failure, name) for name in COLUMNS] for failure in found)
    return buffer.getvalue()


def main() -> None:
    """Print the shares and every failure; write the failures to a file if asked to."""
    parser = argparse.ArgumentParser(description="Fairness of the gates on real answers.")
    parser.add_argument("--output", type=Path, help="also write the failures, tab-separated, to this file")
    arguments = parser.parse_args()
    found, kept = failures(load())
    answers = {(f.model, f.key): f.judgement for f in found}
    print(f"{len(answers)} of {kept} strictly passing answers fail a gate ({len(answers) / kept:.2%})")
    for judgement, count in Counter(answers.values()).most_common():
        gates = Counter(f.gate for f in found if f.judgement == judgement)
        print(f"  {judgement}: {count} ({count / kept:.2%}) {dict(gates.most_common())}")
    print(" ", dict(Counter(model for model, _ in answers).most_common()))
    print(as_table(found), end="")
    failing = {(f.model, f.key, f.gate) for f in found}
    repaired = {place: why for place, why in judgements().items() if place not in failing}
    print(f"judged and passing now: {len(repaired)}")
    for (model, key, gate), (judgement, reason) in repaired.items():
        print(f"{model}\t{key}\t{gate}\t{judgement}\t{reason}")
    if arguments.output:
        arguments.output.write_text(as_table(found), encoding="utf-8")


if __name__ == "__main__":
    main()
