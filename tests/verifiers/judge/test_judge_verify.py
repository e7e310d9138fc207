"""`rlmr verify --judge`: whole files, with a judge for what no program decides."""

import json

import pytest
from typer.testing import CliRunner

from judge_cases import judging
from rlmr.cli import app
from rlmr.constraints import ConstraintError
from rlmr.data import DataError
from rlmr.endpoint import EndpointError
from rlmr.endpoint.fake import FakeServer
from rlmr.verifiers.combine import verify_all
from rlmr.verifiers.files import verify_file

FOX = [{"type": "element", "element": "fox"}, {"type": "word_count", "at_most": 2}]


def rows(count):
    return [
        {"prompt": "p", "completion": f"A {'fox' if i % 2 else 'hen'}.", "constraints": FOX}
        for i in range(count)
    ]


def write(path, lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_file_is_judged(tmp_path):
    path, output = write(tmp_path / "texts.jsonl", rows(100)), tmp_path / "verdicts.jsonl"
    with judging() as (_, server):
        given = [
            "verify",
            str(path),
            "--judge",
            server.base_url,
            "--judge-model",
            "m",
            "--output",
            str(output),
        ]
        shown = CliRunner().invoke(app, given, catch_exceptions=False)
        assert shown.exit_code == 0 and server.calls <= 5  # the canary, and each text once in a chunk
        assert "unknown:" not in shown.output
    found = read(output)
    assert [row["passed"] for row in found] == [bool(i % 2) for i in range(100)]
    assert found[0]["verdicts"][0]["source"] == "judge:m" and found[0]["verdicts"][1]["source"] == "program"


def test_without_a_judge_it_is_unknown(tmp_path):
    path, output = write(tmp_path / "texts.jsonl", rows(2)), tmp_path / "verdicts.jsonl"
    verify_file(path, output)
    assert [row["passed"] for row in read(output)] == [None, None]


def test_the_first_bad_row_is_named_all_the_same(tmp_path):
    path = write(tmp_path / "texts.jsonl", [*rows(3), {"prompt": "p"}, {"prompt": "p", "completion": 3}])
    with pytest.raises(DataError, match=r"texts\.jsonl:4: completion"):
        verify_file(path, verify=verify_all)


def test_compatible_profiles_have_no_judge(tmp_path):
    path = write(tmp_path / "texts.jsonl", rows(1))
    with pytest.raises(ConstraintError, match="'ifeval' is not allowed"):
        verify_file(path, profile="ifeval", verify=verify_all)


def test_causes_of_unknown_verdicts_are_said(tmp_path):
    path = write(tmp_path / "texts.jsonl", rows(3))
    shown = CliRunner().invoke(app, ["verify", str(path)], catch_exceptions=False)
    assert "unknown: needs a judge 3" in shown.output


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (("--judge", "URL"), DataError, "--judge and --judge-model: give both"),
        (("--judge-model", "m"), DataError, "--judge and --judge-model: give both"),
        (
            ("--judge", "URL", "--judge-model", "m"),
            EndpointError,
            r"--judge: the server gives no reply \(http 401",
        ),
    ],
)
def test_a_judge_that_cannot_be_asked_is_an_error_at_once(tmp_path, monkeypatch, given, error, message):
    monkeypatch.setenv("WRONG", "wrong-key")
    path = write(tmp_path / "texts.jsonl", rows(1))
    with FakeServer(api_key="right") as server, pytest.raises(error, match=message) as raised:
        asked = [server.base_url if word == "URL" else word for word in given]
        CliRunner().invoke(
            app, ["verify", str(path), *asked, "--api-key-env", "WRONG"], catch_exceptions=False
        )
    assert "wrong-key" not in str(raised.value)
