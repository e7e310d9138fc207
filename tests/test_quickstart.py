import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fake_runs import make_rows, make_run
from quickstart_cases import TESTS, console, fake_jobs, script
from rlmr.evals.outcome import write_rows
from rlmr.quickstart import RULES, flow
from rlmr.quickstart.plan import (
    TASKS,
    QuickstartError,
    Settings,
    baseline_file,
    check,
    default_jobs,
    estimated_seconds,
    evaluation_file,
    free_folder,
    jobs_of,
    policy_folder,
    save_settings,
    saved_settings,
)


def test_jobs_train_every_rule_from_the_same_recipe_and_evaluate_afterwards(tmp_path):
    settings = Settings(tmp_path / "q", seed=7, fast=True)
    jobs = {job.name: job for job in jobs_of(settings)}
    assert list(jobs) == [*(f"train {r}" for r in RULES), "evaluate start", *(f"evaluate {r}" for r in RULES)]
    train = jobs["train gdpo" if "gdpo" in RULES else "train weighted_sum"].command
    assert train[1:6] == ("-m", "rlmr", "train", "sandbox", "mixing.rule=weighted_sum")
    assert {"seed=7", f"output={tmp_path / 'q' / 'weighted_sum'}", "--quiet"} < set(train)
    assert jobs["evaluate rlmr"].after == "train rlmr"
    assert jobs["evaluate start"].after is None
    assert jobs["evaluate start"].command.count("--sample") == 2
    assert jobs["evaluate rlmr"].command[3] == str(tmp_path / "q" / "rlmr" / "model")
    assert str(TASKS) in jobs["evaluate rlmr"].command
    assert TASKS >= 300


def test_fast_only_shortens(tmp_path):
    full, fast = Settings(tmp_path).recipe, Settings(tmp_path, fast=True).recipe
    assert fast.grpo["max_steps"] < full.grpo["max_steps"]
    assert fast.reward == full.reward
    assert fast.mixing == full.mixing


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rules": ("rlrm",)}, "no mixing rule 'rlrm'; did you mean 'rlmr'"),
        ({"rules": ("start",)}, "no mixing rule 'start'"),
        ({"rules": ("rlmr", "rlmr")}, "needs different rules, but got rlmr,rlmr"),
        ({"rules": ()}, "got none"),
        ({"jobs": 0}, "at least 1, but is 0"),
        ({"seed": -1}, "at least 0, but is -1"),
        ({"json": Path("/")}, "cannot be a file"),
        ({"json": Path(__file__) / "a" / "b.json"}, "cannot be a file"),
    ],
)
def test_bad_settings_are_refused_before_anything_is_written(tmp_path, change, message):
    with pytest.raises(QuickstartError, match=message):
        check(Settings(**{"output": tmp_path / "q", **change}))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_use_is_refused_and_a_free_one_found(tmp_path):
    assert free_folder(tmp_path / "runs") == tmp_path / "runs" / "quickstart"
    (tmp_path / "quickstart").mkdir()
    (tmp_path / "quickstart-2").mkdir()
    assert free_folder(tmp_path) == tmp_path / "quickstart-3"
    (tmp_path / "quickstart" / "x").touch()
    with pytest.raises(QuickstartError, match="not an empty folder"):
        check(Settings(tmp_path / "quickstart"))


def test_memory_decides_how_many_run_side_by_side():
    assert default_jobs(3, 64 * 10**9) == 3
    assert default_jobs(3, 2_500_000_000) == 2
    assert default_jobs(3, 0) == 1


def test_the_estimate_is_what_was_measured(tmp_path, monkeypatch):
    monkeypatch.setattr("rlmr.quickstart.plan.threads.cores", lambda: 2)
    settings = Settings(tmp_path, jobs=3)
    assert (
        420 < estimated_seconds(settings) * 100 / settings.recipe.grpo["max_steps"] < 500
    )  # 100 steps: 450-490
    assert estimated_seconds(Settings(tmp_path, jobs=3, fast=True)) < 90


@pytest.mark.parametrize("terminal", [False, True])
def test_all_of_it_with_stand_ins_for_training(tmp_path, monkeypatch, terminal):
    monkeypatch.setattr(flow, "jobs_of", fake_jobs)
    settings = Settings(tmp_path / "q", jobs=2, json=tmp_path / "new" / "numbers.json")
    shown = console(terminal)
    assert flow.run(settings, shown) == 0
    numbers = json.loads((tmp_path / "new" / "numbers.json").read_text())
    assert json.loads((tmp_path / "q" / "numbers.json").read_text()) == numbers
    assert (numbers["seed"], numbers["held_out_tasks"]) == (0, 20)
    assert [row["rule"] for row in numbers["policies"]] == ["start", *RULES]
    assert numbers["policies"][0]["violators_rewarded"] is None
    assert numbers["policies"][1]["violators_rewarded"] == sum(
        row["violators_rewarded"] for row in flow.read_run(tmp_path / "q" / "rlmr").metrics
    )
    said = shown.file.getvalue()
    assert "rlmr quickstart" in said
    assert "Writing only" in said
    assert "report.html" in said
    assert "<html" in (tmp_path / "q" / "report.html").read_text()


def test_ctrl_c_keeps_what_is_there(tmp_path, monkeypatch):
    """Trainings hear of it once, save, and the report is written from them; the JSON file is not."""
    settings = Settings(tmp_path / "q", jobs=3, json=tmp_path / "numbers.json")

    def patient(settings):
        folder = str(policy_folder(settings, "rlmr"))
        code = (
            f"import sys, time; sys.path.insert(0, {TESTS!r}); from pathlib import Path\n"
            f"from fake_runs import make_run\n"
            f"try:\n    Path({str(tmp_path / 'up')!r}).touch(); time.sleep(60)\n"
            f"except KeyboardInterrupt:\n    make_run(Path({folder!r}), 'rlmr', 6, 'interrupted')\n"
        )
        return [script("train rlmr", code), script("later", "1/0", after="train rlmr")]

    def impatient(self, group):
        if (tmp_path / "up").exists():
            raise KeyboardInterrupt

    monkeypatch.setattr(flow, "jobs_of", patient)
    monkeypatch.setattr(flow.Board, "__call__", impatient)
    shown = console()
    assert flow.run(settings, shown) == 130
    assert (
        "The training was interrupted (RLMR at 6 of 6 steps)" in (tmp_path / "q" / "report.html").read_text()
    )
    assert not (tmp_path / "numbers.json").exists()
    assert json.loads((tmp_path / "q" / "numbers.json").read_text())["policies"] == []
    assert not (tmp_path / "q" / "logs" / "later.log").exists()


def test_ctrl_c_before_anything_is_there(tmp_path, monkeypatch):
    monkeypatch.setattr(
        flow, "jobs_of", lambda settings: [script("train rlmr", "import time; time.sleep(60)")]
    )
    monkeypatch.setattr(flow.Board, "__call__", lambda self, group: (_ for _ in ()).throw(KeyboardInterrupt))
    shown = console()
    assert flow.run(Settings(tmp_path / "q", jobs=1), shown) == 130
    assert "Nothing was trained yet" in shown.file.getvalue()


def test_a_dead_child_ends_it_with_1(tmp_path, monkeypatch):
    monkeypatch.setattr(
        flow, "jobs_of", lambda settings: [script("train rlmr", "raise SystemExit('[bold]boom')")]
    )
    shown = console()
    assert flow.run(Settings(tmp_path / "q", jobs=1), shown) == 1
    assert "[bold]boom" in shown.file.getvalue()


def test_a_child_that_refuses_its_input_ends_it_with_2_and_the_rest_is_reported(tmp_path, monkeypatch):
    settings = Settings(tmp_path / "q", jobs=1, json=tmp_path / "numbers.json")
    done = [job for job in fake_jobs(settings) if job.rule == "rlmr" or job.name == "evaluate start"]
    refused = script("train gdpo", "raise SystemExit(2)", after="evaluate rlmr")
    monkeypatch.setattr(flow, "jobs_of", lambda settings: [*done, refused])
    assert flow.run(settings, console()) == 2
    assert "<html" in (tmp_path / "q" / "report.html").read_text()
    found = json.loads((tmp_path / "q" / "numbers.json").read_text())
    assert [row["rule"] for row in found["policies"]] == ["start", "rlmr"]
    assert not (tmp_path / "numbers.json").exists()


def test_a_closed_terminal_is_ctrl_c_and_handlers_are_put_back(monkeypatch):
    former = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    shown = console()
    first = shown.file
    try:
        for number in (signal.SIGTERM, signal.SIGHUP):
            before = signal.getsignal(number)
            with pytest.raises(KeyboardInterrupt), flow.interruptible(shown):
                signal.raise_signal(number)
            assert signal.getsignal(number) == before
        assert shown.file is not first  # nobody reads it any more
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with flow.interruptible(shown):  # nohup
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, former)


def test_the_start_policys_texts_are_those_of_its_pass_rate(tmp_path):
    settings = Settings(tmp_path, rules=())
    write_rows(baseline_file(settings), make_rows("a", 0.3, tasks=20))
    write_rows(evaluation_file(settings, "start"), make_rows("b", 0.3, tasks=20))
    start = flow.gather(settings).start
    assert start.summary.pass_rate.value == sum(row.passed for row in start.rows) / 20
    assert list(start.rows) == flow.read_rows(evaluation_file(settings, "start"))


def test_what_no_step_counted_is_unknown_not_0(tmp_path):
    run = flow.read_run(make_run(tmp_path / "run", "rlmr", steps=3))
    assert flow.total(run, "violators") is None and flow.total(run, "violators_rewarded") >= 0


def test_an_evaluation_that_did_not_end_is_not_compared(tmp_path):
    settings = Settings(tmp_path, rules=("rlmr",))
    make_run(policy_folder(settings, "rlmr"), "rlmr", steps=3)
    write_rows(evaluation_file(settings, "rlmr"), make_rows("rlmr", 0.6, tasks=5))
    study = flow.gather(settings)
    assert study.find("rlmr").summary is None
    assert study.start is None


def test_the_parent_loads_no_torch():
    code = "import sys, rlmr.quickstart.flow, rlmr.report; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
    code = "import sys, rlmr.quickstart; sys.exit('jinja2' in sys.modules or 'numpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_bad_input_is_one_message_and_exit_code_2(tmp_path):
    command = [
        sys.executable,
        "-m",
        "rlmr",
        "quickstart",
        "--rules",
        "rlmr,gdop",
        "--output",
        str(tmp_path / "q"),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "rlmr: --rules: no mixing rule 'gdop'; did you mean 'gdpo'?\n"
    assert not (tmp_path / "q").exists()


@pytest.mark.slow
def test_quickstart_fast_end_to_end(tmp_path):
    """The real thing: three trainings, four evaluations, a report, in less than 90 seconds on two cores."""
    command = [sys.executable, "-m", "rlmr", "quickstart", "--fast", "--seed", "3"]
    paths = ["--output", str(tmp_path / "q"), "--json", str(tmp_path / "numbers.json")]
    done = subprocess.run([*command, *paths], capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr
    numbers = json.loads((tmp_path / "numbers.json").read_text())
    assert numbers["seed"] == 3
    assert numbers["held_out_tasks"] >= 300
    found = {row["rule"]: row for row in numbers["policies"]}
    assert list(found) == ["start", *RULES]
    assert found["rlmr"]["violators_rewarded"] == 0
    for row in found.values():
        low, high = row["gold_win_rate_ci"]
        assert 0 <= low <= row["gold_win_rate"] <= high <= 1
        assert 0 <= row["pass_and_better"] <= row["pass_rate"]
    assert (tmp_path / "q" / "report.html").stat().st_size > 20_000


def test_a_quickstart_goes_on_with_its_settings_and_repeats_nothing(tmp_path):
    """Finished, half-done, killed as it began, not begun."""
    rules = ("rlmr", "writing_only", "weighted_sum", "gdpo")
    save_settings(Settings(tmp_path, rules=rules, seed=3, fast=True))
    make_run(policy_folder(Settings(tmp_path), "rlmr"), "rlmr", steps=2)
    write_rows(evaluation_file(Settings(tmp_path), "rlmr"), make_rows("x", 0.5, tasks=2))
    (tmp_path / "writing_only").mkdir()
    (tmp_path / "writing_only" / "config.yaml").touch()
    (tmp_path / "weighted_sum").mkdir()
    (tmp_path / "weighted_sum" / "status.json").touch()
    settings = saved_settings(tmp_path)
    assert (settings.rules, settings.seed, settings.fast) == (rules, 3, True)
    check(settings)
    jobs = {job.name: job.command for job in jobs_of(settings)}
    assert jobs["train rlmr"][-2:] == ("--resume", str(tmp_path / "rlmr"))
    assert jobs["train writing_only"][-2:] == ("--resume", str(tmp_path / "writing_only"))
    assert jobs["train weighted_sum"][-1] == "--overwrite" and jobs["train gdpo"][-1] == "--quiet"
    assert "evaluate rlmr" not in jobs and "evaluate gdpo" in jobs
    with pytest.raises(QuickstartError, match="holds no quickstart"):
        saved_settings(tmp_path / "rlmr")
