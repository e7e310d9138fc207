"""The live view: at every width, without colour, with gaps, through a pipe, and on a real terminal."""

import io
import os
import pty
import re
import select
import subprocess
import sys

import pytest
from rich.console import Console

from rlmr.live import BARS, PLAIN_BARS, RunView, clock, sparkline
from rlmr.progress import ProgressDisplay

METRICS = {
    "pass_rate": 0.5,
    "reward/quality_mean": 1.25,
    "words_mean": 48.2,
    "penalty_mean_std": 1.5,
    "unknown_share": 0.0,
    "entropy": 0.95,
}
ALARM = "length: texts have 60 words over the last 10 steps, 40 over the first 5: 1.5 times as many"


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def view(steps=30, total=90, alarms=(), **changes):
    clock = Clock()
    shown = RunView("mine", clock)
    shown.begin()
    for step in range(1, steps + 1):
        clock.now += 4.0
        values = {**METRICS, "pass_rate": step / 60, "alarms": list(alarms), **changes}
        shown.step(step, total, values)
    return shown


def draw(shown, width=80, height=30, **options):
    console = Console(
        file=io.StringIO(), force_terminal=True, width=width, height=height, color_system=None, **options
    )
    console.print(shown)
    return console.file.getvalue()


def test_it_shows_where_the_run_is_and_how_it_has_gone():
    text = draw(view(alarms=[ALARM]), width=130)
    assert "mine" in text and "step 30/90" in text
    assert "0:02:00  eta 0:04:00" in text  # 30 steps of 4 s are done, 60 are left
    for label in ("pass rate", "quality", "words", "penalty", "unknown", "entropy"):
        assert label in text
    assert (
        "50%" in text and BARS in re.sub(r"(.)\1+", r"\1", text) and "⚠ alarm length: texts have 60" in text
    )
    assert "KL" not in text and "shadow" not in text  # no step has had them


@pytest.mark.parametrize("width", [1, 5, 10, 20, 30, 43, 44, 60, 80, 200])
@pytest.mark.parametrize("height", [1, 5, 10, 50])
def test_no_line_is_wider_than_the_terminal(width, height):
    lines = draw(view(alarms=[ALARM]), width, height).splitlines()
    assert lines and max(map(len, lines)) <= width


def test_a_low_terminal_shows_the_bar_and_the_alarms():
    low = draw(view(alarms=[ALARM]), 100, height=6)
    assert "step 30/90" in low and "alarm length" in low and "quality" not in low


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_a_metric_that_is_missing_is_a_dash_and_a_gap(value):
    shown = view(10)
    shown.step(11, 90, {**METRICS, "entropy": value})
    line = next(line for line in draw(shown).splitlines() if "entropy" in line)
    assert "–" in line and "nan" not in line and "inf" not in line
    assert draw(RunView("empty")).startswith("empty step 0/?")


def test_after_a_resume_the_time_left_is_that_of_this_process():
    clock = Clock()
    shown = RunView("mine", clock)
    for step in (81, 82, 83):
        clock.now += 10
        shown.step(step, 90, METRICS)
    assert shown.seconds_left == 70.0


def test_a_terminal_without_unicode_gets_plain_characters():
    class Latin(io.StringIO):
        encoding = "latin-1"

    console = Console(file=Latin(), force_terminal=True, width=80, height=30, color_system=None)
    console.print(view(alarms=["x"]))
    text = console.file.getvalue()
    assert "! alarm x" in text and set(PLAIN_BARS) <= set(text) and not set(BARS) & set(text)


def test_no_color_means_no_colour(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    file = io.StringIO()
    Console(file=file, force_terminal=True, width=80, height=30).print(view(alarms=["x"]))
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", file.getvalue()) and "alarm x" in file.getvalue()


def test_elsewhere_there_are_plain_lines_and_when_quiet_nothing():
    def lines(quiet):
        console = Console(file=io.StringIO(), width=40)
        with ProgressDisplay("mine", console, quiet) as show:
            for step in range(1, 101):
                show(step, 100, METRICS)
        return console.file.getvalue().splitlines()

    plain = lines(False)
    assert 15 <= len(plain) <= 25 and plain[0].startswith("mine: step 1/100") and "step 100/100" in plain[-1]
    assert not any("\x1b" in line for line in plain) and lines(True) == []


def test_a_dumb_terminal_gets_plain_lines(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    console = Console(file=io.StringIO(), force_terminal=True)
    with ProgressDisplay("mine", console) as show:
        show(1, 1, METRICS)
    assert console.file.getvalue().startswith("mine: step 1/1") and "\x1b" not in console.file.getvalue()


def test_sparkline_and_clock():
    assert sparkline(list(range(8)), 8) == BARS and sparkline([1.0, 2.0], 0) == ""
    assert sparkline(list(range(8)), 3) == "▁▅█"  # 5, 6, 7: the last three, between their own ends
    assert clock(-1) == "0:00:00" and clock(90061) == "1 day, 1:01:01"


SCRIPT = """
import fcntl, struct, sys, termios, time
from rich.console import Console
from rlmr.progress import ProgressDisplay
with ProgressDisplay("mine", Console()) as show:
    for step in range(1, 6):
        width = 100 if step < 3 else 30
        if sys.stdout.isatty():
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 20, width, 0, 0))
        show(step, 5, {"pass_rate": step / 5, "entropy": None if step == 2 else 1.0})
        print("a line of somebody else", step)
        time.sleep(0.05)
"""


def on_terminal():
    """What the script writes to a real terminal, and its exit code."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "", "LINES": ""},
    )
    os.close(theirs)
    parts = []
    while select.select([ours], [], [], 60)[0]:
        try:
            part = os.read(ours, 1 << 16)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        parts.append(part)
    os.close(ours)
    return b"".join(parts).decode(), child.wait(60)


def test_on_a_real_terminal_with_a_resize_and_lines_of_others():
    text, code = on_terminal()
    assert code == 0 and "Traceback" not in text
    assert (
        "step 5/5" in text and "\x1b[?25l" in text and text.rstrip().endswith("\x1b[?25h")
    )  # the cursor is back
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    assert [f"a line of somebody else {step}" in plain for step in range(1, 6)] == [True] * 5


def test_through_a_pipe_there_are_no_escapes():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert "\x1b" not in done.stdout and "mine: step 5/5" in done.stdout
