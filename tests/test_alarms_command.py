"""`rlmr alarms` on a recorded run, and the report's table of alarms."""

import json

import pytest
from typer.testing import CliRunner

from fake_runs import make_run, make_study
from rlmr.cli import app
from rlmr.recipes import RecipeError
from rlmr.report import render

runner = CliRunner()


@pytest.fixture
def run(tmp_path):
    """Twelve steps in which the texts become shorter or longer by what the fake run does."""
    return make_run(tmp_path / "run", "writing_only", steps=40)


def test_it_says_what_went_on_and_takes_other_thresholds(run):
    loose = ["length.ratio=1.05", "length.sigmas=0", "length.window=3", "length.reference=2"]
    done = runner.invoke(app, ["alarms", str(run), *loose])
    assert done.exit_code == 0 and "alarm length: texts have" in done.output
    off = runner.invoke(app, ["alarms", str(run), "length=false"])
    assert off.exit_code == 0 and "length" not in off.output


def test_json_lines(run):
    done = runner.invoke(app, ["alarms", str(run), "length.ratio=1.05", "length.sigmas=0", "--json"])
    events = [json.loads(line) for line in done.output.splitlines()]
    assert events and set(events[0]) == {"step", "alarm", "on", "why"} and events[0]["alarm"] == "length"


@pytest.mark.parametrize("wrong", ["lenght=false", "length.ration=2", "length"])
def test_wrong_overrides_are_refused(run, wrong):
    with pytest.raises(RecipeError):
        runner.invoke(app, ["alarms", str(run), wrong], catch_exceptions=False)


def test_the_report_lists_them(tmp_path):
    study = make_study(tmp_path)
    for policy in study.trained:
        for line in policy.run.metrics:
            line["unknown_share"] = 0.9 if policy.rule == "writing_only" else 0.0
    html = render(study)
    assert "<h3>Alarms</h3>" in html and "90% of the texts of the last 1 steps are unknown" in html
    for policy in study.trained:
        for line in policy.run.metrics:
            line["unknown_share"], line["words_mean"] = 0.0, 50.0
    assert "<h3>Alarms</h3>" not in render(study)
