"""The trained verifier's rows, splits, calibration and measures."""

from __future__ import annotations

import json
import math
import random

import pytest
from classifier_cases import FAIL, PASS, UNKNOWN, example, write

from rlmr.calibration import ece, nll
from rlmr.constraints import Requirement, Tone, WordCount
from rlmr.data import DataError
from rlmr.verifiers.classifier.calibrate import Calibration, fit
from rlmr.verifiers.classifier.data import VerifierError, check_apart, read_examples, split
from rlmr.verifiers.files import verify_file
from rlmr.verifiers.measure import measure

# rows


def test_rows_of_rlmr_verify_are_read_as_they_are(tmp_path):
    asked = [{"type": "word_count", "at_most": 3}, {"type": "tone", "tone": "sad"}]
    texts = write(
        tmp_path / "texts.jsonl",
        {"prompt": "Write.", "completion": "A fox ran.", "constraints": asked},
        {"prompt": "Tell.", "response": "A fox ran far away.", "constraints": json.dumps(asked)},
    )
    verify_file(texts, tmp_path / "labelled.jsonl.gz")
    found = read_examples(tmp_path / "labelled.jsonl.gz")
    assert [(e.item, e.passed) for e in found] == [
        (("Write.", WordCount(at_most=3), "A fox ran."), True),
        (("Tell.", WordCount(at_most=3), "A fox ran far away."), False),
    ]  # the tone is unknown to programs and no label


@pytest.mark.parametrize("profile", ["native", "ifeval"])
def test_official_verdicts_are_labels_for_the_native_constraint(tmp_path, profile):
    row = {
        "prompt": "Write.",
        "response": "A fox, a hen.",
        "instruction_id_list": ["punctuation:no_comma", "length_constraints:number_words"],
        "kwargs": [{}, {"relation": "at least", "num_words": 2}],
    }
    verify_file(write(tmp_path / "texts.jsonl", row), tmp_path / "labelled.jsonl", profile=profile)
    found = read_examples(tmp_path / "labelled.jsonl")
    assert [(e.kind, e.passed) for e in found] == [("punctuation", False), ("word_count", True)]


def test_labels_by_hand(tmp_path):
    path = write(
        tmp_path / "rows.jsonl",
        {"prompt": "p", "completion": "t", "constraint": "Be kind.", "label": "fail"},
        {"prompt": "p", "completion": "t", "constraint": {"type": "tone", "tone": "sad"}, "label": True},
        {
            "prompt": "p",
            "completion": "t",
            "constraints": ["Be kind.", "Be brief."],
            "labels": [None, "pass"],
        },
    )
    found = [(e.item[1], e.passed, e.place.rpartition(":")[2]) for e in read_examples(path)]
    assert found == [
        (Requirement("Be kind."), False, "1"),
        (Tone("sad"), True, "2"),
        (Requirement("Be brief."), True, "3"),
    ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"completion": "t"}, "prompt: missing"),
        ({"prompt": "p", "completion": "t"}, "verdicts, labels or label: missing"),
        ({"prompt": "p", "completion": "t", "constraint": "Be kind.", "label": 1}, "label: 1 is not allowed"),
        (
            {"prompt": "p", "completion": "t", "constraint": "Be kind.", "label": "yes"},
            "'yes' is not allowed",
        ),
        (
            {"prompt": "p", "completion": "t", "constraints": ["a"], "labels": []},
            "0 of them for 1 constraints",
        ),
        ({"prompt": "p", "completion": "t", "constraint": {"type": "toon"}, "label": True}, "'toon'"),
        (
            {
                "prompt": "p",
                "completion": "t",
                "constraints": [{"type": "word_count", "at_most": 3}],
                "verdicts": [{"type": "title", "status": "pass"}],
            },
            "'title', but the constraint is 'word_count'",
        ),
    ],
)
def test_a_bad_row_is_refused_with_its_place(tmp_path, row, said):
    path = write(tmp_path / "rows.jsonl", row)
    with pytest.raises(DataError, match=r"rows\.jsonl:1: ") as error:
        read_examples(path)
    assert said in str(error.value)


def test_nothing_labelled_is_refused(tmp_path):
    row = {"prompt": "p", "completion": "t", "constraint": "Be kind.", "label": None}
    with pytest.raises(VerifierError, match="no row has a label"):
        read_examples(write(tmp_path / "rows.jsonl", row))


# splits


def test_parts_share_no_prompt_and_no_text():
    rng = random.Random(0)
    rows = [example(f"p {rng.randrange(400)}", f"text {rng.randrange(400)}") for _ in range(200)]
    parts = split(rows, (0.8, 0.1, 0.1), seed=1)
    assert sorted(id(e) for part in parts for e in part) == sorted(map(id, rows))
    for i, part in enumerate(parts):
        for other in parts[i + 1 :]:
            check_apart(part, other)
    assert split(rows, (0.8, 0.1, 0.1), seed=1) == parts


def test_shares_are_about_kept_where_groups_are_small():
    rows = [example(f"p {i}", f"text {i}") for i in range(1000)]
    assert [len(part) for part in split(rows, (0.8, 0.1, 0.1))] == [800, 100, 100]


def test_one_group_cannot_be_split():
    with pytest.raises(VerifierError, match="too few for 2 parts"):
        split([example("p", f"text {i}") for i in range(50)], (0.5, 0.5))


def test_leakage_is_refused_and_named():
    with pytest.raises(VerifierError, match=r"share 1 .*\n.*b:7 repeats a:3: 'text the fox ran.'"):
        check_apart([example("p", "The fox ran.", place="a:3")], [example("q", "the fox  RAN.", place="b:7")])


# calibration and measures


def test_calibration_finds_what_the_labels_were_drawn_by():
    rng = random.Random(0)
    logits = [rng.gauss(0, 4) for _ in range(20_000)]
    passed = [rng.random() < 1 / (1 + math.exp(-(x / 3 - 0.7))) for x in logits]
    found = fit(logits, passed)
    assert found.temperature == pytest.approx(3, abs=0.15)
    assert found.shift == pytest.approx(-0.7, abs=0.06)
    p = [found.probability(x) for x in logits]
    raw = [Calibration().probability(x) for x in logits]
    assert ece(p, passed) < 0.02 < 0.1 < ece(raw, passed)
    assert nll(p, passed) < nll(raw, passed)


@pytest.mark.parametrize("passed", [[True] * 5, [False] * 5, []])
def test_calibration_of_one_kind_of_label_is_finite(passed):
    found = fit([1.0, 2.0, 0.0, -1.0, 3.0][: len(passed)], passed)
    assert 0.01 <= found.temperature <= 1000
    assert math.isfinite(found.shift)


def test_measures_of_nothing_are_unknown():
    assert math.isnan(nll([], [])) and math.isnan(ece([], []))
    found = measure(["tone"], [True], [UNKNOWN], [None]).to_dict()
    assert found["nll"] is None and found["types"]["tone"]["recall_false"] is None
    assert found["types"]["tone"]["abstained"] == 1.0


def test_counts_by_type_add_up():
    kinds = ["tone", "tone", "title", "title", "title"]
    labels = [False, False, False, True, True]
    found = measure(kinds, labels, [FAIL, PASS, UNKNOWN, PASS, FAIL], [0.1, 0.9, 0.5, 0.8, 0.2])
    tone, all_types = found.kinds["tone"], found.kinds["all"]
    assert (tone.caught, tone.let_through, tone.false) == (1, 1, 2)
    assert (all_types.caught, all_types.let_through, all_types.false_open) == (1, 1, 1)
    assert (all_types.kept, all_types.wronged, all_types.true_open) == (1, 1, 0)
    assert list(found.kinds) == ["title", "tone", "all"]
    assert found.to_dict()["types"]["all"]["precision_false"] == 0.5
