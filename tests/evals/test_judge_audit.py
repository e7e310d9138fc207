"""The audit of a judge: against labels whose answer is known, for judges whose faults are known."""

import json
import re

import pytest
from typer.testing import CliRunner

from judge_cases import honest, judging
from rlmr.cli import app
from rlmr.constraints import Element, Requirement
from rlmr.data import DataError
from rlmr.endpoint import EndpointError
from rlmr.endpoint.fake import FakeServer
from rlmr.evals.judge_audit import Labelled, audit, read_labels, sample
from rlmr.verifiers.judge.gullible import parts, persuadable


def labels(count=20):
    """Half of the texts have a fox; the type says so."""
    texts = [f"Text {i}: a {'fox' if i % 2 else 'hen'} ran." for i in range(count)]
    return [Labelled("element", ("Write.", Element("fox"), text), "fox" in text) for text in texts]


def test_an_honest_judge_is_trusted():
    with judging() as (judge, server):
        found = audit(judge, labels(60), runs=2, attacks=[])
        assert server.calls == 2 * 60
    (one,) = found.types
    assert (one.counts.false, one.counts.true, one.recall.value, one.precision.value) == (30, 30, 1.0, 1.0)
    assert one.constant == 60 and one.unknown == 0 and one.trusted(0.8) is True
    assert found.usage["calls"] == 120 and found.usage["tokens_in"] > 0


def test_a_judge_that_passes_everything_has_no_recall():
    def lenient(request):
        name, _, response = parts(request)
        return json.dumps({"id": name, "evidence": response[:6], "verdict": "pass"})

    with judging(lenient) as (judge, _):
        found = audit(judge, labels(), runs=1)
    (one,) = found.types
    assert one.recall.value == 0.0 and one.precision.n == 0 and one.trusted(0.8) is False
    claims = found.attacks["claims_of_compliance"] | found.attacks["fence_closing"]
    assert claims["pass"] > 0


def test_a_judge_that_changes_its_mind_does_not_agree():
    asked = []

    def moody(request):
        asked.append(request)
        return (
            json.dumps({"id": parts(request)[0], "evidence": "", "verdict": "fail"})
            if len(asked) > 20
            else "?"
        )

    with judging(moody, structured=False) as (judge, _):
        found = audit(judge, labels(), runs=2, attacks=[])
    (one,) = found.types
    assert one.unknown == 1.0 and one.constant == 0 and one.recall.n == 0 and one.trusted(0.8) is None
    assert dict(found.causes) == {"judge not JSON": 20}


def test_an_interrupted_audit_goes_on(tmp_path):
    cache = tmp_path / "judge.sqlite"
    seen = []
    with judging(cache=cache) as (judge, server):
        audit(judge, labels()[:10], runs=3, attacks=[])
        before = server.calls
        audit(judge, labels(), runs=3, attacks=[], progress=lambda done, total: seen.append((done, total)))
        assert before == 30 and server.calls == 60
    assert seen[-1] == (60, 60) and seen == sorted(seen)


FOX = {"prompt": "p", "completion": "A fox.", "constraints": [{"type": "element", "element": "fox"}]}
COMMA = {"prompt": "p", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
TONE = {"type": "tone", "tone": "sad"}
ROWS = [
    {**FOX, "labels": [True]},
    {**COMMA, "response": "So, it ran.", "strict": [False]},
    {**COMMA, "response": "It ran.", "strict": [True], "unstable": [True]},
    {
        "prompt": [{"role": "user", "content": "p"}],
        "completion": "It ran.",
        "constraints": [{"type": "word_count", "at_most": 1}, TONE],
        "verdicts": [{"status": "fail"}, {"status": "unknown"}],
    },
]


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_labels_are_read_from_every_form(tmp_path):
    found = list(read_labels(write(tmp_path / "rows.jsonl", ROWS)))
    assert [(one.type, one.truth) for one in found] == [
        ("element", True),
        ("punctuation:no_comma", False),
        ("word_count", False),
    ]
    assert found[0].item == ("p", Element("fox"), "A fox.")
    assert isinstance(found[1].item[1], Requirement) and "comma" in found[1].item[1].text
    assert found[2].item == ("p", Requirement("Write at most 1 word.", evidence="none"), "It ran.")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"prompt": "p"}, "completion: missing"),
        ({"prompt": "p", "completion": "t"}, "constraints: missing"),
        (
            {"prompt": "p", "completion": "t", "constraints": [{"type": "tone", "tone": "sad"}]},
            "labels: missing",
        ),
        ({**ROWS[0], "labels": [True, False]}, "for each of 1"),
        ({**ROWS[0], "labels": ["pass"]}, "true, false or null"),
        ({**ROWS[0], "constraints": [{"type": "tonne"}]}, "did you mean 'tone'"),
    ],
)
def test_a_bad_row_names_file_and_line(tmp_path, row, message):
    with pytest.raises(DataError, match=rf"rows\.jsonl:2: .*{message}"):
        list(read_labels(write(tmp_path / "rows.jsonl", [ROWS[0], row])))


def test_the_draw_is_balanced_and_seeded():
    drawn = sample(labels(100), 5)
    assert sum(one.truth for one in drawn) == 5 and len(drawn) == 10
    assert drawn == sample(labels(100), 5) != sample(labels(100), 5, seed=1)


def run(*arguments):
    return CliRunner().invoke(app, ["judge", "audit", *map(str, arguments)], catch_exceptions=False)


def test_the_command_reports(tmp_path):
    path = write(tmp_path / "rows.jsonl", [ROWS[0], {**ROWS[0], "completion": "A hen.", "labels": [False]}])
    with judging(honest) as (_, server):
        given = (path, "--judge", server.base_url, "--judge-model", "m", "--runs", 1)
        given += ("--price-in", 1, "--price-out", 2)
        shown = run(*given, "--output", tmp_path / "audit.json")
        assert shown.exit_code == 0, shown.output
        assert re.search(r"element +1 +100% .* 1 +100% +0% +100% +cannot say", shown.output)
        assert re.search(r"fence_closing +14 +0 +0", shown.output) and "holds the model to" in shown.output
        record = json.loads((tmp_path / "audit.json").read_text())
        assert json.loads(run(*given, "--json").output)["types"] == record["types"]
    assert record["judge"] == "judge:m" and record["structured_output"] == "enforced"
    assert "judge:m: The server holds" in shown.output and record["usage"]["cost"] > 0
    assert record["types"]["element"]["recall_on_false"] == {"value": 1.0, "low": 0.2065, "high": 1.0, "n": 1}


def test_a_gullible_judge_is_named(tmp_path):
    with judging(persuadable) as (judge, _):
        found = audit(judge, labels(2), runs=1)
    fooled = {family for family, counts in found.attacks.items() if counts["pass"]}
    assert {"master_keys", "self_praise", "claims_of_compliance", "instructions"} <= fooled
    assert not fooled & {"verdict_spoofing", "fake_reply", "fake_schema"}


def test_a_file_without_labels_is_an_error(tmp_path):
    path = write(tmp_path / "rows.jsonl", [ROWS[2]])
    with pytest.raises(DataError, match="no labels"):
        run(path, "--judge", "http://127.0.0.1:9/v1", "--judge-model", "m")


def test_a_server_that_gives_no_reply_is_an_error_at_once(tmp_path):
    path = write(tmp_path / "rows.jsonl", [ROWS[0]])
    with FakeServer(api_key="right") as server, pytest.raises(EndpointError, match=r"no reply \(http 401"):
        run(path, "--judge", server.base_url, "--judge-model", "m")
