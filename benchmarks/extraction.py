"""How well the rules read real prompts: precision and recall per type, with Wilson intervals; and how fast.

Over the prompts of three benchmarks that were labelled by hand (`tests/extraction/labels.jsonl`; texts in
`../shared/data/writing_prompts`, or RLMR_SHARED_DATA), and over IFEval's 541 prompts, whose instruction ids
are labels by others. A reading is right (strict) where type and all parameters agree with a label, and in
place (lenient) where the type agrees and the spans overlap. Prints the tables of docs/extraction.md.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from rlmr.constraints import Constraint, ExcludeWords, LetterCount, Lipogram, WordFrequency, from_ifeval
from rlmr.constraints.counted import Counted
from rlmr.evals.stats import wilson
from rlmr.extraction import extract
from rlmr.extraction.measure import Labelled, Score, Scores, read_labels, read_prompts

LABELS = Path(__file__).parents[1] / "tests" / "extraction" / "labels.jsonl"
SPLITS = ("dev", "dev2", "heldout", "fresh")


def shared() -> Path:
    """The folder of data; a clear message where it is absent."""
    root = Path(os.environ.get("RLMR_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not (root / "writing_prompts").exists():
        raise SystemExit(f"{root} is absent: set RLMR_SHARED_DATA to a folder that holds writing_prompts/")
    return root


def score(rows: Iterable[Labelled]) -> Scores:
    """Counts over labelled prompts."""
    scores = Scores()
    for row in rows:
        read = [(item.constraint, item.span) for item in extract(row.prompt).found]
        scores.add([(x.constraint, x.span) for x in row.labels if x.constraint], read)
    return scores


def rate(right: int, of: int) -> str:
    """A share with its 95 % Wilson interval, in per cent; a dash for a share of nothing."""
    if not of:
        return "–"
    found = wilson(right, of)
    return f"{100 * right / of:.0f} ({100 * found.low:.0f}–{100 * found.high:.0f})"


def line(name: str, s: Score) -> str:
    """One row of a table."""
    strict = f"{rate(s.strict, s.read)} | {rate(s.strict, s.labelled)}"
    lenient = f"{rate(s.lenient, s.read)} | {rate(s.lenient, s.labelled)}"
    return f"| {name} | {s.labelled} | {s.read} | {strict} | {lenient} |"


HEAD = "| labelled | read | precision | recall | precision, lenient | recall, lenient |\n" + "|---" * 7 + "|"


def hand_labels(root: Path) -> None:
    """The tables over labels by hand: totals by split and language, then types."""
    rows = read_labels(LABELS, read_prompts(root / "writing_prompts"))
    by: dict[tuple[str, str], list[Labelled]] = defaultdict(list)
    for row in rows:
        by[row.split, row.lang].append(row)
    print(f"\n## All types\n\n| prompts {HEAD}")
    for split in SPLITS:
        for lang in ("en", "zh"):
            chosen = by[split, lang]
            print(line(f"{split}, {lang} ({len(chosen)})", score(chosen).total))
    for split in SPLITS:
        for lang in ("en", "zh"):
            print(f"\n## {split}, {lang}\n\n| type {HEAD}")
            for name, counts in sorted(score(by[split, lang]).by_type.items()):
                print(line(name, counts))
    for lang in ("en", "zh"):
        print(f"\n## heldout and fresh together, {lang}\n\n| type {HEAD}")
        for name, counts in sorted(score(by["heldout", lang] + by["fresh", lang]).by_type.items()):
            print(line(name, counts))
    labels = [label for row in rows if row.split in ("dev", "heldout") for label in row.labels]
    kinds = {kind: sum(label.type == kind for label in labels) for kind in ("judged", "other")}
    typed = len(labels) - sum(kinds.values())
    print(f"\nLabels of dev and heldout: {typed} typed, {kinds['judged']} judged, {kinds['other']} other")


def merged(labels: Sequence[Constraint], prompt: str) -> list[Constraint]:
    """IFEval's labels as rules say the same thing: none is a ban, two halves of a range are one."""
    out: list[Constraint] = []
    for label in labels:
        if isinstance(label, LetterCount) and label.at_most == 0:
            label = Lipogram(label.letter)
        elif isinstance(label, WordFrequency) and label.at_most == 0:
            label = ExcludeWords((label.word,))
        elif label.type == "language" and "nglish" not in prompt and label.language == "en":  # type: ignore[attr-defined]
            continue  # comes with the ids for letter case; the prompt does not say it
        other = next((k for k, one in enumerate(out) if halves(one, label)), None)
        if other is None:
            out.append(label)
        else:
            low, high = out[other], label
            ends = {key: getattr(low, key) or getattr(high, key) for key in ("at_least", "at_most")}
            out[other] = replace(low, **ends)
    return out


def halves(one: Constraint, other: Constraint) -> bool:
    """Whether one gives the lower, the other the upper end of the same range."""
    if not isinstance(one, Counted) or type(one) is not type(other) or isinstance(one, WordFrequency):
        return False
    ends = {(c.at_least is None, c.at_most is None) for c in (one, other) if isinstance(c, Counted)}
    return ends == {(True, False), (False, True)}


def ifeval(root: Path) -> None:
    """The table over IFEval's prompts; readings of types that its ids do not cover are left out."""
    path = root / "ifeval" / "input_data.jsonl"
    print(f"\n## IFEval (types that its ids cover)\n\n| prompts {HEAD}")
    for name, part in (("even keys, seen while rules were written", 0), ("odd keys, not seen", 1)):
        scores, count = Scores(), 0
        for text in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(text)
            if int(row["key"]) % 2 != part:
                continue
            count += 1
            whole = (0, len(row["prompt"]))
            labels = [(label, whole) for label in merged(from_ifeval(row), row["prompt"])]
            scores.add(labels, [(item.constraint, item.span) for item in extract(row["prompt"]).found])
        known = {kind: counts for kind, counts in scores.by_type.items() if counts.labelled}
        print(line(f"{name} ({count})", Scores(known).total))


def speed(root: Path) -> None:
    """Processor milliseconds per prompt over all real prompts, after one pass to warm up."""
    prompts = list(read_prompts(root / "writing_prompts").values())
    seconds = []
    for _ in range(3):
        for prompt in prompts:
            start = time.process_time()
            extract(prompt)
            seconds.append((time.process_time() - start, len(prompt)))
        warm = seconds[-len(prompts) :]
    times = sorted(taken for taken, _ in warm)
    print(f"\n## Speed\n\n{len(prompts)} prompts: median {1000 * statistics.median(times):.1f} ms, "
          f"longest {1000 * times[-1]:.1f} ms; {sum(times):.2f} s for all")  # fmt: skip


def main() -> None:
    """Print every table."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    root = shared()
    hand_labels(root)
    ifeval(root)
    speed(root)


if __name__ == "__main__":
    main()
