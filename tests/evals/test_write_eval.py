"""WriteEval, open: every task can be done, says what it checks, and is new."""

import json
import os
import re
import zipfile
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
from write_eval_cues import IMPLIED, MISREAD, missing, reading_of

from rlmr.constraints import Status
from rlmr.constraints.compose import lint
from rlmr.data import GATES, read_rows, with_gates
from rlmr.evals.breaks.words import grams, tokens
from rlmr.evals.decontaminate import overlaps
from rlmr.evals.write_eval import (
    CATEGORIES,
    DIFFICULTIES,
    DIGEST,
    VERSION,
    load,
    references,
    rubric,
    split_of,
)
from rlmr.extraction import extract
from rlmr.text import count_hanzi

SHARED = Path(os.environ.get("RLMR_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
TASKS = load("all")
BY_ID = {task.id: task for task in TASKS}
PUBLIC = {
    "ifeval/input_data.jsonl": "prompt",
    "ifbench/IFBench_test.jsonl": "prompt",
    "hanna/ratings.jsonl": "prompt",
    "writing_prompts/arena_hard_creative/question.jsonl": "prompt",
    "writing_prompts/longbench_write/longbench_write.jsonl": "prompt",
    "writing_prompts/writingbench/literature_art_with_length.jsonl": "query",
}
"""Prompts of public benchmarks: file and column. LAMP's texts have none."""


def test_enough_of_everything():
    languages = Counter(task.meta["lang"] for task in TASKS)
    assert languages["en"] >= 200
    assert languages["zh"] >= 100
    assert len(CATEGORIES) >= 12
    for lang in ("en", "zh"):
        tasks = load("all", lang)
        counts = Counter(task.meta["category"] for task in tasks)
        assert set(counts) == set(CATEGORIES)
        assert min(counts.values()) >= (15 if lang == "en" else 6)
        assert {task.meta["difficulty"] for task in tasks} == set(DIFFICULTIES)
    assert len({constraint.type for task in TASKS for constraint in task.constraints}) >= 80


def test_ids_are_unique_and_say_language_and_category():
    assert len(BY_ID) == len(TASKS)
    assert len({task.prompt for task in TASKS}) == len(TASKS)
    for task in TASKS:
        stem = f"{task.meta['lang']}-{task.meta['category'].replace('_', '-')}-"
        assert re.fullmatch(rf"{stem}[a-z0-9]+(-[a-z0-9]+)*", task.id), task.id


def test_prompts_are_in_their_language():
    for task in TASKS:
        hanzi = count_hanzi(task.prompt_text)
        assert hanzi > len(task.prompt_text) / 3 if task.meta["lang"] == "zh" else hanzi == 0, task.id
        assert {constraint.lang for constraint in task.constraints} == {task.meta["lang"]}, task.id


def test_constraints_go_together():
    for task in TASKS:
        assert 1 <= len(task.constraints) <= 5, task.id
        assert lint(task.constraints) == [], task.id
        assert all(constraint.role == "hard" for constraint in task.constraints), task.id


def test_programs_decide_most_tasks():
    program = sum(task.meta["decided_by"] == "program" for task in TASKS)
    assert program >= 0.8 * len(TASKS)


def test_the_prompt_says_every_constraint():
    for task in TASKS:
        for constraint in task.constraints:
            assert missing(task.prompt_text, constraint) == [], (task.id, constraint)


def test_what_the_rules_read_is_what_is_checked():
    agreed, other = 0, set()
    for task in TASKS:
        for item in extract(task.prompt_text).found:
            if reading_of(item.constraint, task.constraints):
                agreed += 1
            else:
                other.add((task.id, item.constraint.type))
    assert other <= IMPLIED | MISREAD
    assert agreed >= 500


def test_splits_hold_and_keep_groups_together():
    assert [split_of(group) for group in ("wedding-speech", "en-memoir-first-snow")] == ["test", "dev"]
    assert split_of("eulogy") == BY_ID["zh-speeches-eulogy-teacher"].meta["split"]
    test, dev = load("test"), load("dev")
    assert {task.id for task in test} | {task.id for task in dev} == set(BY_ID)
    assert not {task.meta["group"] for task in test} & {task.meta["group"] for task in dev}
    assert len(dev) >= 0.15 * len(TASKS)
    assert len(load("test", "en")) + len(load("test", "zh")) == len(test)
    assert len(load("dev", "zh")) >= 15


def test_no_near_duplicates():
    """No two prompts of different groups share an eighth of their runs of three words."""
    runs = [(task, set(grams(tokens(task.prompt_text), 3))) for task in TASKS]
    for (one, a), (other, b) in combinations(runs, 2):
        if one.meta["group"] != other.meta["group"]:
            assert len(a & b) <= 0.125 * len(a | b), (one.id, other.id)


def test_loading_twice_shares_nothing():
    load("all")[0].meta["category"] = "spoiled"
    assert load("all")[0].meta["category"] == "stories"
    with pytest.raises(ValueError, match="lang 'fr' is not allowed"):
        load("test", "fr")  # type: ignore[arg-type]


def test_references_are_many():
    found = Counter(BY_ID[reference.id].meta["lang"] for reference in references())
    assert found["en"] >= 25
    assert found["zh"] >= 15
    assert len({reference.id for reference in references()}) == found.total()
    kinds = {(BY_ID[r.id].meta["lang"], BY_ID[r.id].meta["category"]) for r in references()}
    assert kinds == {(lang, category) for lang in ("en", "zh") for category in CATEGORIES}
    types = {constraint.type for r in references() for constraint in BY_ID[r.id].constraints}
    assert len(types) >= 70


@pytest.mark.parametrize("reference", references(), ids=lambda reference: reference.id)
def test_a_reference_passes_and_its_broken_twin_fails(reference):
    task = with_gates(BY_ID[reference.id], GATES.values())
    for constraint in task.constraints:
        verdict = constraint.check(reference.passing, task.prompt_text)
        assert verdict.status is Status.PASS, (verdict.type, verdict.reason)
    verdicts = [c.check(reference.broken, task.prompt_text) for c in BY_ID[reference.id].constraints]
    failed = dict.fromkeys(verdict.type for verdict in verdicts if verdict.status is Status.FAIL)
    assert tuple(failed) == reference.breaks
    assert reference.breaks


def test_degenerate_texts_pass_nothing():
    for task in TASKS:
        gated = with_gates(task, GATES.values())
        texts = (".", "a", task.prompt_text, "I'm sorry, but I can't help with that.", "抱歉，我无法完成。")
        for text in texts:
            verdicts = (c.check(text, task.prompt_text).status for c in reversed(gated.constraints))
            assert Status.FAIL in verdicts, (task.id, text)


def test_rubrics():
    for category in CATEGORIES:
        english, chinese = rubric(category, "en"), rubric(category, "zh")
        assert list(english) == list(chinese)
        assert 4 <= len(english) <= 6
        assert all(text.endswith(".") and text.count(". ") == 0 for text in english.values())
        assert all(text.endswith("。") and text.count("。") == 1 for text in chinese.values())
    with pytest.raises(ValueError, match="lang 'fr' is not allowed"):
        rubric("stories", "fr")  # type: ignore[arg-type]


def test_no_prompt_of_a_public_benchmark():
    """No run of 8 words (13 hanzi) of a task stands in a benchmark's prompt that lies in the shared data."""
    paths = [SHARED / name for name in PUBLIC]
    if not all(path.is_file() for path in paths):
        pytest.skip(f"no shared data: {SHARED} lacks prompts (set RLMR_SHARED_DATA)")
    prompts = [row[column] for name, column in PUBLIC.items() for _, row in read_rows(SHARED / name)]
    assert len(prompts) > 1000
    assert overlaps(prompts, TASKS) == []
    assert overlaps([TASKS[0].prompt_text], TASKS)[0].share == 1.0


def test_the_datasheet_is_of_this_version():
    page = (Path(__file__).parents[2] / "docs" / "write_eval.md").read_text(encoding="utf-8")
    assert f"Version {VERSION}, digest `{DIGEST}`" in page
    counts = Counter(task.meta[key] for task in TASKS for key in ("lang", "difficulty", "split"))
    cells = [counts[key] for key in ("en", "zh", *DIFFICULTIES, "dev", "test")]
    assert f"| all | {' | '.join(map(str, cells))} |" in page
    assert f"{len(references())} tasks" in page


@pytest.mark.slow
def test_a_wheel_holds_the_data(tmp_path):
    wheel = pytest.importorskip("hatchling.builders.wheel")
    builder = wheel.WheelBuilder(str(Path(__file__).parents[2]))
    path = next(builder.build(directory=str(tmp_path), versions=["standard"]))
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        for name in ("en.jsonl", "zh.jsonl", "rubrics.json", "references.jsonl"):
            assert f"rlmr/evals/write_eval/{name}" in names
        rows = archive.read("rlmr/evals/write_eval/en.jsonl").decode().splitlines()
    assert [json.loads(row)["id"] for row in rows] == [task.id for task in load("all", "en")]
