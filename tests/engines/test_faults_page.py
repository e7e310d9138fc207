"""docs/faults.md names a test for every fault and every trap: each of them is there."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "faults.md"


def test_every_test_on_the_page_exists():
    sources = {path.name: path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py")}
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    rows = [line for line in rows if not line.startswith(("| fault |", "| trap |"))]
    assert len(rows) > 35
    for row in rows:
        cell = row.split("|")[-2]
        named = re.findall(r"`(?:tests/)?(?:\w+/)*(test_\w+\.py)?(?:::)?(test_\w+)?`", cell)
        assert named, row
        file = ""
        for given, name in named:
            file = given or file
            assert file in sources, f"{file} of: {row}"
            if name:
                assert f"def {name}(" in sources[file], f"{file}::{name}"
