import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_the_whole_method_in_one_file_runs_and_rewards_no_violator():
    command = [sys.executable, str(ROOT / "examples" / "loop.py"), "--steps", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    lines = re.findall(r"step (\d): pass rate [\d.]+, quality \S+, violators rewarded (\d+)", done.stdout)
    assert lines == [("1", "0"), ("2", "0")]
