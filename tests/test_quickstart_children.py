import signal
import time

import pytest

from fake_runs import make_run
from quickstart_cases import children, script
from rlmr.quickstart.children import ChildFailedError, last_line, read_progress


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
