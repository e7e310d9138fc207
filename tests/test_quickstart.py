import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from fake_runs import make_rows, make_run
from rlmr.evals.outcome import write_rows
from rlmr.quickstart import RULES, flow
from rlmr.quickstart.children import ChildFailedError, Children, last_line, read_progress
from rlmr.quickstart.plan import (
    TASKS,
    Job,
    QuickstartError,
    Settings,
    baseline_file,
    check,
    default_jobs,
    evaluation_file,
    free_folder,
    jobs_of,
    policy_folder,
)

TESTS = str(Path(__file__).parent)


def script(name: str, code: str, after: str | None = None, kind: str = "train", rule: str = "rlmr") -> Job:
    return Job(name, kind, rule, (sys.executable, "-c", code), after)


def console(terminal=False) -> Console:
    return Console(file=io.StringIO(), width=110, force_terminal=terminal)


def children(jobs, tmp_path, slots=2) -> Children:
    return Children(jobs, slots, tmp_path / "logs", dict(os.environ))


def fake_jobs(settings: Settings) -> list[Job]:
    """The jobs of a quickstart, replaced by ones that write what the real ones would."""
    jobs = []
    for job in jobs_of(settings):
        if job.kind == "train":
            folder = str(policy_folder(settings, job.rule))
            body = f"make_run(Path({folder!r}), {job.rule!r}, steps=6)"
        else:
            files = [str(evaluation_file(settings, job.rule)), str(baseline_file(settings))]
            keep = {"start": 0.33, "rlmr": 0.62}.get(job.rule, 0.1)
            body = "; ".join(
                f"write_rows(Path({path!r}), make_rows({path!r}, {keep}, tasks=20))"
                for path in files[: 2 if job.rule == "start" else 1]
            )
        code = (
            f"import sys; sys.path.insert(0, {TESTS!r}); from pathlib import Path; "
            f"from fake_runs import make_run, make_rows, write_rows; {body}"
        )
        jobs.append(Job(job.name, job.kind, job.rule, (sys.executable, "-c", code), job.after))
    return jobs


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


def test_children_keep_order_slots_and_dependencies(tmp_path):
    most = []
    jobs = [
        script("a", "import time; time.sleep(.4)"),
        script("b", f"open({str(tmp_path / 'b')!r}, 'w')", after="a"),
        script("c", "pass"),
    ]
    with children(jobs, tmp_path, slots=1) as group:
        group.run(lambda c: most.append(tuple(c.running)))
        assert group.done == {"a", "b", "c"}
    assert max(map(len, most)) == 1
    assert (tmp_path / "b").exists()


def test_a_dead_child_shows_its_last_words_and_stops_the_others(tmp_path):
    jobs = [
        script("slow", "import time; time.sleep(60)"),
        script("bad", "import sys; [print('line', i) for i in range(50)]; sys.exit('no memory left')"),
    ]
    before = time.monotonic()
    with children(jobs, tmp_path) as group, pytest.raises(ChildFailedError) as caught:
        group.run(lambda c: None)
    assert "bad ended with exit code 1" in str(caught.value)
    assert str(caught.value).endswith("no memory left")
    assert "line 10" not in str(caught.value)
    assert time.monotonic() - before < 20
    assert group.running == {}


def test_leaving_by_an_error_leaves_no_child_behind(tmp_path):
    with (
        pytest.raises(ZeroDivisionError),
        children([script("a", "import time; time.sleep(60)")], tmp_path) as group,
    ):
        group._start()
        process = group.running["a"]
        raise ZeroDivisionError
    assert process.poll() == -signal.SIGKILL


def test_progress_is_read_from_a_run_that_is_being_written(tmp_path):
    assert read_progress(tmp_path / "none").state == "starting"
    run = make_run(tmp_path / "run", "rlmr", steps=5, state="running")
    with (run / "metrics.jsonl").open("a") as file:
        file.write('{"step": 6, "pass_r')  # half a line
    found = read_progress(run)
    assert (found.state, found.step, found.total) == ("running", 5, 5)
    assert found.metrics["pass_rate"] is not None
    (tmp_path / "empty").touch()
    assert last_line(tmp_path / "empty") == ""


@pytest.mark.parametrize("terminal", [False, True])
def test_all_of_it_with_stand_ins_for_training(tmp_path, monkeypatch, terminal):
    monkeypatch.setattr(flow, "jobs_of", fake_jobs)
    settings = Settings(tmp_path / "q", jobs=2, json=tmp_path / "numbers.json")
    shown = console(terminal)
    assert flow.run(settings, shown) == 0
    numbers = json.loads((tmp_path / "numbers.json").read_text())
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
