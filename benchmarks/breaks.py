"""What the measures of docs/what_breaks.md say of real answers, and how long they take.

    python -m benchmarks.breaks

Over the shared file of ten open models' answers to IFEval's prompts: the processor time of `measure` on 2,000
of them, every measure's mean for three models, and what `compare` says of the first and the last.
"""

from __future__ import annotations

import time

from benchmarks.slop import rows
from rlmr.evals.breaks import Sample, compare, measure

ANSWERS = "ifeval/official_verdicts_10_open_models.jsonl.gz"
SHOWN = (
    "Qwen__Qwen2.5-32B-Instruct-GPTQ-Int4",
    "mistralai__Mistral-7B-Instruct-v0.3",
    "Qwen__Qwen2.5-0.5B-Instruct-GPTQ-Int4",
)


def main() -> None:
    """Measure, compare, print."""
    answers = rows(ANSWERS)
    samples = {
        name: [Sample(row["prompt"], row["response"]) for row in answers if row["model"] == name]
        for name in SHOWN
    }
    many = [sample for one in samples.values() for sample in one][:2_000]
    many += [Sample(row["prompt"], row["response"]) for row in answers[: 2_000 - len(many)]]
    start = time.process_time()
    measure(many)
    spent = time.process_time() - start
    characters = sum(len(sample.completion) for sample in many) / len(many)
    print(f"measure: {spent:.1f} s of processor time for {len(many)} texts of {characters:.0f} characters")
    profiles = [measure(one) for one in samples.values()]
    estimates = [profile.estimates() for profile in profiles]
    for name, first in estimates[0].items():
        if first.n:
            print(f"| `{name}` |", " | ".join(f"{found[name].value:.3g}" for found in estimates), "|")
    for change in compare(profiles[0], profiles[-1]):
        if change.difference.n:
            low, high = change.difference.low, change.difference.high
            print(
                f"{change.name:24s} {change.difference.value:8.3f} ({low:.3f} to {high:.3f}) "
                f"p {change.adjusted_p:.4f} {'worse' if change.worse else ''}"
            )


if __name__ == "__main__":
    main()
