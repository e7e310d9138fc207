"""The compatible profiles of `rlmr verify` beside the official verdicts; the native one on IFEval's keys."""

import gzip
import json
import os
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from rlmr.commands.verify import verify_command
from rlmr.constraints import ifbench, ifeval
from rlmr.verifiers.files import verify_file, verify_row
from rlmr.verifiers.profiles import PROFILES
from rlmr.verifiers.summary import pass_rate

SHARED = Path(os.environ.get("RLMR_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
VERDICTS = SHARED / "ifeval" / "official_verdicts_10_open_models.jsonl.gz"
BENCH = SHARED / "ifbench"


@pytest.fixture(scope="module")
def by_model():
    if not VERDICTS.is_file():
        pytest.skip(f"no shared data: {VERDICTS.name} not found (set RLMR_SHARED_DATA)")
    models = {}
    with gzip.open(VERDICTS, "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            if not any(row["unstable"]):
                models.setdefault(row["model"], []).append(row)
    return models


def verify(rows, folder, profile):
    """The summary of `rlmr verify --loose` over `rows`, and its verdict rows."""
    path, output = folder / "rows.jsonl", folder / "out.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    summary = verify_file(path, output, profile=profile, loose=True)
    return summary, [json.loads(line) for line in output.read_text().splitlines()]


def assert_official(rows, folder):
    """Both levels, strict and loose, and every single verdict are the official ones."""
    summary, out = verify(rows, folder, "ifeval")
    for kind, status, tally in (("strict", "status", summary.strict), ("loose", "loose", summary.loose)):
        ours = [[verdict[status] == "pass" for verdict in row["verdicts"]] for row in out]
        assert ours == [row[kind] for row in rows], kind
        assert pass_rate(tally.texts) == sum(all(row[kind]) for row in rows) / len(rows)
        official = [followed for row in rows for followed in row[kind]]
        assert pass_rate(tally.constraints) == sum(official) / len(official)


def test_rates_of_one_model_are_the_official_ones(by_model, tmp_path):
    assert_official(by_model["CohereForAI__aya-23-8B"], tmp_path)


@pytest.mark.slow
def test_rates_of_all_ten_models_are_the_official_ones(by_model, tmp_path):
    assert len(by_model) == 10
    for rows in by_model.values():
        assert_official(rows, tmp_path)


def test_rates_of_ifbench_are_near_the_official_ones(tmp_path):
    """That every verdict is right is proved with the profile; here, that the command reads its files."""
    if not BENCH.is_dir():
        pytest.skip("no shared data: ifbench not found (set RLMR_SHARED_DATA)")
    names = ("IFBench_test", "eval_results_strict", "eval_results_loose")
    tasks, strict, loose = (
        [json.loads(line) for line in (BENCH / f"{name}.jsonl").open(encoding="utf-8")] for name in names
    )
    kwargs = {task["prompt"].strip(): task["kwargs"] for task in tasks}
    pairs = [pair for pair in zip(strict, loose, strict=True) if pair[0]["prompt"].strip() in kwargs]
    strict, loose = map(list, zip(*pairs, strict=True))
    assert len(strict) >= 290  # a prompt or two of the outputs are several that lost their line ends
    rows = [{**row, "kwargs": kwargs[row["prompt"].strip()]} for row in strict]
    summary, _ = verify(rows, tmp_path, "ifbench")
    for tally, official in ((summary.strict, strict), (summary.loose, loose)):
        followed = [one for row in official for one in row["follow_instruction_list"]]
        texts = sum(row["follow_all_instructions"] for row in official) / len(official)
        assert pass_rate(tally.texts) == pytest.approx(texts, abs=0.02)
        assert pass_rate(tally.constraints) == pytest.approx(sum(followed) / len(followed), abs=0.02)


def test_native_reads_ifevals_keys_and_knows_what_it_does_not_read():
    row = {
        "prompt": "p",
        "response": "A fox, a hen!",
        "instruction_id_list": ["punctuation:no_comma", "keywords:letter_frequency"],
        "kwargs": [None, {"letter": "!", "let_relation": "at least", "let_frequency": 1, "keyword": None}],
    }
    out = verify_row(row)
    assert [(v["type"], v["status"]) for v in out["verdicts"]] == [
        ("punctuation", "fail"),
        ("keywords:letter_frequency", "unknown"),
    ]
    assert out["passed"] is False
    assert verify_row({**row, "response": "A fox!"})["passed"] is None
    eased = verify_row({**row, "response": "Sure, this:\nA fox!"}, "ifeval", loose=True)
    assert (eased["passed"], eased["passed_loose"]) == (False, True)
    assert [(v["instruction_id"], v["status"], v["loose"]) for v in eased["verdicts"]] == [
        ("punctuation:no_comma", "fail", "pass"),
        ("keywords:letter_frequency", "pass", "pass"),
    ]
    assert eased["verdicts"][1]["required"] == "letter: !, let_relation: at least, let_frequency: 1"
    assert all(v["source"] == "ifeval" and "type" not in v for v in eased["verdicts"])
    assert "loose" not in verify_row(row, "ifeval")["verdicts"][0]


@pytest.mark.parametrize("checker", [ifeval, ifbench])
def test_the_profiles_know_every_id_of_their_checker(checker):
    name = checker.__name__.rpartition(".")[2]
    row = {"prompt": "", "response": "A fox.", "kwargs": [{}]}
    for id_ in checker.INSTRUCTIONS:
        try:
            out = verify_row({**row, "instruction_id_list": [id_]}, name)
        except ValueError as error:  # it takes parameters
            assert id_ in str(error) and "missing" in str(error)
        else:
            assert out["verdicts"][0]["instruction_id"] == id_


def test_the_command_offers_the_profiles():
    option = get_type_hints(verify_command)["profile"]
    assert set(get_args(option)) == set(PROFILES)
