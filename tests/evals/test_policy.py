import math
from functools import partial

import pytest
import torch

from judge_cases import judging
from rlmr.constraints import Element, ExcludeWords, WordCount
from rlmr.data import Task
from rlmr.evals.generate import Completion, end_tokens, generate, load_policy, read_completion, render
from rlmr.evals.outcome import read_rows
from rlmr.evals.policy import evaluate, judged
from rlmr.verifiers.combine import verify_all

TASKS = [
    Task(
        f"t{i}",
        "write about a fox" + " and a wolf" * (i % 3),
        (WordCount(at_most=20), ExcludeWords(("hen",))),
    )
    for i in range(12)
]


def longer_is_better(task, text):
    return float(len(text))


@pytest.fixture(scope="module")
def policy(tiny_policy):
    return load_policy(tiny_policy)


def prompts(n=8):
    return [task.prompt for task in TASKS[:n]]


def test_samples_repeat_with_the_seed_and_leave_the_callers_random_state(policy):
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    first = generate(*policy, prompts(), max_new_tokens=12, seed=3)
    assert torch.equal(torch.rand(3), expected)
    assert generate(*policy, prompts(), max_new_tokens=12, seed=3) == first
    assert generate(*policy, prompts(), max_new_tokens=12, seed=4) != first


def test_padding_changes_no_text(policy):
    """Greedy texts of a padded batch are those of single prompts, in the order that was asked for."""
    together = generate(*policy, prompts(6), max_new_tokens=10, temperature=0.0)
    alone = [generate(*policy, [p], max_new_tokens=10, temperature=0.0)[0] for p in prompts(6)]
    assert together == alone


def test_only_an_end_token_finishes_a_text(policy):
    model, tokenizer = policy
    ends = end_tokens(model, tokenizer)
    fox, end, pad = tokenizer.convert_tokens_to_ids(["fox", "<|end|>", "<pad>"])
    assert ends == [end]
    assert read_completion(tokenizer, [fox, fox, end, pad, pad], ends, False) == Completion(
        "fox fox", 3, True
    )
    assert read_completion(tokenizer, [fox, fox, fox], ends, False) == Completion("fox fox fox", 3, False)
    assert read_completion(tokenizer, [end, pad], ends, False) == Completion("", 1, True)
    sampled = generate(*policy, prompts() * 4, max_new_tokens=15, seed=1)
    assert {c.finished for c in sampled} == {True, False}
    assert all(c.finished or c.tokens == 15 for c in sampled)


def test_a_plain_prompt_goes_through_the_chat_template(policy):
    _, tokenizer = policy
    assert render(tokenizer, "write") == "<|user|> write <|assistant|> "
    assert render(tokenizer, ({"role": "user", "content": "write"},)) == "<|user|> write <|assistant|> "


def test_batches_report_their_progress(policy):
    seen = []
    generate(
        *policy, prompts(5), max_new_tokens=2, batch_size=2, progress=lambda done, n: seen.append((done, n))
    )
    assert seen == [(2, 5), (4, 5), (5, 5)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_new_tokens": 0}, "max_new_tokens must be at least 1, but is 0"),
        ({"max_new_tokens": 5, "batch_size": 0}, "batch_size must be at least 1, but is 0"),
        ({"max_new_tokens": 5, "temperature": -1.0}, "at least 0, but is -1.0"),
    ],
)
def test_bad_sampling_is_refused(policy, arguments, message):
    with pytest.raises(ValueError, match=message):
        generate(*policy, prompts(1), **arguments)


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"no model at .*config\.json"):
        load_policy(tmp_path)


def test_evaluation_has_a_row_per_task_on_disk(tiny_policy, tmp_path):
    path = tmp_path / "evaluation" / "heldout.jsonl.gz"
    rows = evaluate(tiny_policy, TASKS, longer_is_better, seed=0, max_new_tokens=12, output=path)
    assert read_rows(path) == rows
    assert [row.task for row in rows] == [task.id for task in TASKS]
    assert all(row.gold == len(row.answer) for row in rows)
    assert all([v.type for v in row.verdicts] == ["word_count", "exclude_words", "finished"] for row in rows)
    assert all(row.passed is False for row in rows if not row.finished)
    assert not all(row.finished for row in rows)


def test_only_the_answer_is_judged():
    seen = []
    done = Completion("<think>a hen</think> a fox", 5, True)
    [row] = judged(TASKS[:1], [done], lambda task, text: seen.append(text) or 1.0)
    assert (row.answer, row.words, row.passed, seen) == ("a fox", 2, True, ["a fox"])
    [open_ended] = judged(TASKS[:1], [Completion("a hen a hen", 5, True, opened=True)], longer_is_better)
    assert (open_ended.answer, open_ended.finished, open_ended.passed) == ("", False, False)


def test_a_cut_off_text_fails_and_a_judge_without_a_score_is_unknown():
    [cut] = judged(TASKS[:1], [Completion("a fox", 2, False)], lambda task, text: math.nan)
    assert (cut.passed, cut.gold, cut.verdicts[-1].type) == (False, None, "finished")


def test_judged_constraints_are_decided_where_a_judge_is_given():
    tasks = [Task(name, "write", (Element(name),)) for name in ("fox", "hen")]
    done = [Completion(f"<think>{i}</think> a fox", 5, True) for i in range(2)]
    with judging() as (judge, server):
        rows = judged(tasks, done, longer_is_better, partial(verify_all, judge=judge))
    assert [row.passed for row in rows] == [True, False] and server.calls == 2
    assert [row.passed for row in judged(tasks, done, longer_is_better)] == [None, None]


def test_no_tasks_is_refused(tiny_policy):
    with pytest.raises(ValueError, match="at least one task"):
        evaluate(tiny_policy, [], longer_is_better, seed=0, max_new_tokens=5)
