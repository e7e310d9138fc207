"""Where the native reading of IFEval's instructions departs from the official programs, and how often.

    python -m benchmarks.deviations [--examples N]

Each instruction of the 5,410 shared answers is decided natively, alone, and set beside the official strict
verdict. Rows whose official verdict is not stable (it guesses a language) are counted like the others.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict

from benchmarks.answers import load, short
from rlmr.constraints import Status, from_ifeval
from rlmr.verifiers.program import verify

KINDS = ("answers", "official pass, native fail", "official fail, native pass", "native unknown")


def native(name: str, kwargs: dict[str, object], prompt: str, response: str) -> Status | None:
    """The native status of one instruction; None where it has no native reading."""
    constraints = from_ifeval({"instruction_id_list": [name], "kwargs": [kwargs]})
    found = {verdict.status for verdict in verify(prompt, response, constraints)}
    if not found:
        return None
    return next(s for s in (Status.FAIL, Status.UNKNOWN, Status.PASS) if s in found)


def main() -> None:
    """Print one line for each instruction, and the keys of some answers that differ."""
    parser = argparse.ArgumentParser(description="Native verdicts beside the official ones.")
    parser.add_argument("--examples", type=int, default=0, help="answers to name for each kind of difference")
    arguments = parser.parse_args()
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    places: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for row in load():
        for name, kwargs, passed in zip(
            row["instruction_id_list"], row["kwargs"], row["strict"], strict=True
        ):
            status = native(name, kwargs, row["prompt"], row["response"])
            if status is None:
                counts[f"{name}, no native reading"]["answers"] += 1
                continue
            kind = "same"
            if status is Status.UNKNOWN:
                kind = "native unknown"
            elif (status is Status.PASS) != passed:
                kind = "official pass, native fail" if passed else "official fail, native pass"
            counts[name].update(("answers", kind))
            places[name, kind].append(f"{short(row['model'])}:{row['key']}")
    print(f"{'':48}" + "".join(f"{kind:>28}" for kind in KINDS))
    differing = {name: sum(count[kind] for kind in KINDS[1:]) for name, count in counts.items()}
    for name in sorted(counts, key=lambda name: -differing[name]):
        print(f"{name:48}" + "".join(f"{counts[name][kind]:28}" for kind in KINDS))
        for kind in KINDS[1:] if arguments.examples else ():
            for place in places[name, kind][: arguments.examples]:
                print(f"    {kind}: {place}")
    print(f"{sum(differing.values())} of {sum(c['answers'] for c in counts.values())} verdicts differ")


if __name__ == "__main__":
    main()
