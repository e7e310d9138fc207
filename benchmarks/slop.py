"""How often the slop lexicon's entries occur in people's and in models' texts.

    python -m benchmarks.slop [--entries]

Printed are entries per 1,000 words with an interval over texts: HANNA's stories by people and by the systems
of 2018 to 2021, LAMP's paragraphs as language models of 2024 wrote them and as professional writers edited
them, and IFEval's answers by open models. With --entries also each English entry's count on both sides of
LAMP's edits and in HANNA's human stories: an entry that people use as often is a poor sign.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from pathlib import Path
from typing import Any

from benchmarks.answers import SHARED
from rlmr import text as txt
from rlmr.constraints.types.lists import cliches
from rlmr.evals.breaks.wording import slop
from rlmr.evals.stats import clustered_mean


def rows(name: str) -> list[dict[str, Any]]:
    """The rows of a shared file."""
    path = Path(SHARED / name)
    if not path.is_file():
        raise SystemExit(f"{path} is absent: set RLMR_SHARED_DATA to the folder of shared data")
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


def corpora() -> dict[str, list[str]]:
    """Texts by who wrote them."""
    hanna, edits = rows("hanna/ratings.jsonl"), rows("lamp_wq/lamp_edit_pairs.jsonl")
    found = {
        "HANNA, people": [row["text"] for row in hanna if row["system"] == "Human"],
        "HANNA, systems of 2018-2021": [row["text"] for row in hanna if row["system"] != "Human"],
        "LAMP, as models wrote": list(dict.fromkeys(row["rejected"] for row in edits)),
        "LAMP, as writers edited": list(dict.fromkeys(row["chosen"] for row in edits)),
    }
    answers = rows("ifeval/official_verdicts_10_open_models.jsonl.gz")
    for model in sorted({row["model"] for row in answers}):
        found[f"IFEval, {model.split('__')[1]}"] = [r["response"] for r in answers if r["model"] == model]
    return found


def main() -> None:
    """Print the rates, and the entries where asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entries", action="store_true", help="also every English entry's counts")
    given = parser.parse_args()
    texts = corpora()
    print(
        f"lexicon {cliches.LEXICON_VERSION}: {len(cliches.ENGLISH)} English, {len(cliches.CHINESE)} Chinese"
    )
    for name, found in texts.items():
        rate = clustered_mean([slop(text) for text in found], range(len(found)))
        print(f"{name:48s} {rate.value:5.2f} ({rate.low:.2f} to {rate.high:.2f}), {rate.n} texts")
    if given.entries:
        sides = {name: [txt.fold(t)[0] for t in found] for name, found in list(texts.items())[:4]}
        words = {name: sum(map(txt.count_words, found)) for name, found in sides.items()}
        for entry in cliches.ENGLISH:
            pattern = re.compile(rf"(?<!\w)(?:{entry})(?!\w)".replace(" ", r"\s+"))
            counts = {name: sum(len(pattern.findall(t)) for t in found) for name, found in sides.items()}
            print(*(f"{1e6 * counts[name] / words[name]:7.0f}" for name in sides), entry, sep="  ")


if __name__ == "__main__":
    main()
