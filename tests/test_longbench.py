"""LongBench-Write's stated lengths as constraints; the file itself stays outside of the repository."""

import json
import os
from pathlib import Path

import pytest

from rlmr.constraints import WordCount
from rlmr.data import DataError
from rlmr.longbench import length_score, read_longbench_write, stated_length


@pytest.mark.parametrize(
    ("prompt", "constraint"),
    [
        ("a short 100-word blog post", WordCount(about=100)),
        ("in approximately 150 words", WordCount(about=150)),
        ("Write a 200 words abstract", WordCount(about=200)),
        ("The content should be no less than 200 words.", WordCount(at_least=200)),
        ("At least  1,000 words, please", WordCount(at_least=1000)),
        ("more than 50 words", WordCount(at_least=51)),
        ("no more than 50 words", WordCount(at_most=50)),
        ("Answer within 50 words", WordCount(at_most=50)),
        ("in under 50 words", WordCount(at_most=49)),
        ("in fewer than 50 words", WordCount(at_most=49)),
    ],
)
def test_a_stated_length_means_what_it_says(prompt, constraint):
    assert stated_length(prompt) == (int(prompt_number(prompt)), constraint)


def prompt_number(prompt):
    return "".join(character for character in prompt if character.isdigit())


@pytest.mark.parametrize(
    "prompt",
    [
        "Write about the sun.",
        "a list of 15 emojis",
        "first 50 words, then 60 words",
        "0 words",
        "50-60 words",
    ],
)
def test_where_none_or_several_are_stated_there_is_no_constraint(prompt):
    assert stated_length(prompt) is None


def test_only_english_rows_that_state_their_own_length_are_taken(tmp_path):
    path = tmp_path / "rows.jsonl"
    rows = [
        {"prompt": "a 100-word post", "type": "Forum", "length": 100},
        {"prompt": "写一篇200 words的文章", "type": "Forum", "length": 200},
        {"prompt": "a 100-word post", "type": "Forum", "length": 120},
        {"prompt": "a 300-word post", "type": "Forum", "length": 300},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (task,) = read_longbench_write(path)
    assert (task.id, task.prompt, task.meta) == ("1", "a 100-word post", {"type": "Forum", "length": 100})
    assert [task.id for task in read_longbench_write(path, most_words=300)] == ["1", "4"]


def test_a_file_of_another_shape_is_refused_with_its_line(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"prompt": "a 100-word post", "length": 100}\n{"prompt": 3}\n')
    with pytest.raises(DataError, match=r"rows\.jsonl:2: a row has"):
        read_longbench_write(path)
    path.write_text("not json\n")
    with pytest.raises(DataError, match=r"rows\.jsonl:1: not JSON"):
        read_longbench_write(path)
    path.write_text('{"prompt": "write", "length": 100}\n')
    with pytest.raises(DataError, match="no English prompt"):
        read_longbench_write(path)


@pytest.fixture
def longbench():
    shared = os.environ.get("RLMR_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data"
    path = Path(shared) / "writing_prompts" / "longbench_write" / "longbench_write.jsonl"
    if not path.is_file():
        pytest.skip(
            f"LongBench-Write is not at {path}; set RLMR_SHARED_DATA to the folder that holds writing_prompts"
        )
    return path


def test_the_real_file_has_six_such_prompts(longbench):
    tasks = read_longbench_write(longbench)
    bounds = [task.constraints[0].limits for task in tasks]
    assert sorted(bounds, key=str) == sorted(
        [(90, 110), (90, 110), (135, 165), (200, None), (180, 220), (180, 220)], key=str
    )


def test_three_steps_on_real_prompts_record_real_verdicts(
    longbench, tiny_policy, tiny_reward_model, tmp_path
):
    from rlmr.recipes import read_recipe, train
    from rlmr.runs import read_run

    recipe = read_recipe(
        "longbench_write",
        [
            *(f"policy={tiny_policy}", f"reward.model={tiny_reward_model}", f"data.train={longbench}"),
            *(f"output={tmp_path / 'run'}", "grpo.max_steps=3", "grpo.max_completion_length=120"),
            *("reward.max_length=512", "grpo.num_generations=4", "grpo.gradient_accumulation_steps=1"),
            "grpo.save_strategy='no'",
        ],
    )
    assert train(recipe) == "finished"
    run = read_run(tmp_path / "run")
    assert run.steps == [1, 2, 3]
    rows = [row for step in run.steps for group in run.groups(step) for row in group]
    assert len(rows) == 24
    for row in rows:
        count = row.verdicts[0]
        assert count.type == "word_count" and row.verdicts[-1].type == "finished"
        assert count.measured is not None or "no word" in count.reason
        assert row.scores["quality"] is not None
    assert len({row.verdicts[0].measured for row in rows}) > 3
    assert all(line["violators_rewarded"] == 0 and "pass_rate/word_count" in line for line in run.metrics)


@pytest.mark.parametrize(
    ("asked", "written", "score"),
    [
        (500, 500, 100.0),
        (500, 501, 100.0 * (1 - 0.002 / 3)),
        (500, 1000, 100.0 * (1 - 1 / 3)),
        (500, 2000, 0.0),
        (500, 9000, 0.0),
        (500, 400, 87.5),
        (600, 200, 0.0),
        (600, 0, 0.0),
    ],
)
def test_the_length_score_is_the_papers(asked, written, score):
    assert length_score(asked, written) == pytest.approx(score)


@pytest.mark.parametrize(("asked", "written"), [(0, 5), (-1, 5), (5, -1), (float("nan"), 1)])
def test_the_length_score_refuses_what_is_no_length(asked, written):
    with pytest.raises(ValueError, match="asked must be above 0"):
        length_score(asked, written)
