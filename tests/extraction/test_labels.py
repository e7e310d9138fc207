"""The labels by hand, and how well the rules read the prompts that they were written with."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from rlmr.constraints import Title, WordCount
from rlmr.data import DataError
from rlmr.extraction import extract
from rlmr.extraction.measure import Scores, read_labels, read_prompts, same

SHARED = Path(os.environ.get("RLMR_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
PROMPTS = SHARED / "writing_prompts"
LABELS = Path(__file__).parent / "labels.jsonl"


@pytest.fixture(scope="module")
def labelled():
    if not PROMPTS.exists():
        pytest.skip(f"no shared data: {PROMPTS.name} not found (set RLMR_SHARED_DATA)")
    return read_labels(LABELS, read_prompts(PROMPTS))


def test_labels_hold_ids_offsets_and_types_only():
    rows = [json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()]
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        assert set(row) == {"id", "lang", "split", "constraints"}
        for label in row["constraints"]:
            assert set(label) <= {"span", "constraint", "note"}
            texts = [v for k, v in label["constraint"].items() if k in ("phrase", "passage", "words")]
            assert all(not isinstance(part, str) for text in texts for part in [text, *text])


def test_enough_prompts_in_both_languages_half_of_them_held_out(labelled):
    counts = Counter((row.split, row.lang) for row in labelled)
    first = {key: n for key, n in counts.items() if key[0] in ("dev", "heldout")}
    assert sum(first.values()) >= 130
    assert abs(sum(n for (split, _), n in first.items() if split == "dev") * 2 - sum(first.values())) <= 4
    assert all(
        counts[split, lang] >= 10 for split in ("dev", "heldout", "dev2", "fresh") for lang in ("en", "zh")
    )


def test_offsets_lie_inside_and_typed_labels_are_constraints(labelled):
    for row in labelled:
        for label in row.labels:
            assert row.prompt[slice(*label.span)].strip()
            assert (label.constraint is None) == (label.type in ("judged", "other"))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_rules_read_the_prompts_that_they_were_written_with(labelled, lang):
    scores = Scores()
    for row in labelled:
        if row.split in ("dev", "dev2") and row.lang == lang:
            read = [(item.constraint, item.span) for item in extract(row.prompt).found]
            scores.add([(x.constraint, x.span) for x in row.labels if x.constraint], read)
    total = scores.total
    assert total.strict >= 0.92 * total.labelled
    assert total.strict >= 0.92 * total.read


def test_a_label_outside_its_prompt_is_an_error(tmp_path):
    path = tmp_path / "labels.jsonl"
    label = {"span": [0, 99], "constraint": {"type": "judged"}}
    path.write_text(json.dumps({"id": "a", "lang": "en", "split": "dev", "constraints": [label]}) + "\n")
    with pytest.raises(DataError, match=r"labels\.jsonl:1: a: span 0-99 is not inside the prompt of 5 char"):
        read_labels(path, {"a": "Write"})


def test_scores_count_every_reading_once():
    scores = Scores()
    wanted = [(WordCount(at_most=9), (0, 5)), (Title(), (10, 15))]
    read = [(WordCount(at_most=9), (50, 55)), (WordCount(at_most=9), (0, 5)), (Title("hash"), (12, 20))]
    scores.add(wanted, read)
    assert (scores.of("word_count").strict, scores.of("word_count").lenient) == (1, 1)
    assert (scores.of("title").strict, scores.of("title").lenient) == (0, 1)
    assert scores.total.read == 3


def test_same_ignores_wording_but_not_what_is_asked():
    assert same(WordCount(at_most=9, lang="zh", role="soft")) == same(WordCount(at_most=9))
    assert same(WordCount(at_most=9, scope="title")) != same(WordCount(at_most=9))
