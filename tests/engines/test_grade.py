"""What of a completion is judged, and the `finished` gate."""

from dataclasses import dataclass
from typing import ClassVar

import pytest

from conftest import build_tokenizer
from rlmr.constraints import Constraint, parse
from rlmr.data import Task
from rlmr.engines.grade import Grader, opens_reasoning
from rlmr.rewards.reward_model import Scores
from rlmr.runs import Mixture, mix_rows
from rlmr.verifiers.finished import answer_of


class Spy:
    """A scorer that keeps what it was shown."""

    def __init__(self):
        self.seen = []

    def score(self, prompts, answers):
        self.seen.extend(zip(prompts, answers, strict=True))
        return Scores([float(len(answer)) for answer in answers], [False] * len(answers))


@pytest.mark.parametrize(
    ("completion", "opened", "answer", "closed"),
    [
        ("the fox", False, "the fox", True),
        ("<think> plan </think>\n\nthe fox", False, "the fox", True),
        ("plan </think> the fox", True, "the fox", True),
        ("plan </think> more </think> the fox", True, "the fox", True),
        ("<think> plan", False, "", False),
        ("plan", True, "", False),
        ("<think> a </think> the fox <think> again", False, "", False),
    ],
)
def test_the_answer_is_what_follows_the_reasoning(completion, opened, answer, closed):
    assert answer_of(completion, opened) == (answer, closed)


def grade(texts, constraints=({"type": "word_count", "at_most": 3},), opened=False):
    tokenizer = build_tokenizer()
    ids = [[tokenizer.convert_tokens_to_ids(word) for word in text.split()] for text in texts]
    task = Task("t", "write .", parse(list(constraints)))
    spy = Spy()
    grader = Grader([task], tokenizer, frozenset([tokenizer.eos_token_id]), spy, opened)
    return [one.row for one in grader.grade([0] * len(texts), ids, 1, "train")], spy


def verdicts(row):
    return {verdict.type: verdict.status.value for verdict in row.verdicts}


def test_scores_and_verdicts_see_only_the_answer():
    (row,), spy = grade(["<think> a fox and a hen </think> the owl <|end|>"])
    assert row.answer == "the owl" and "a fox and a hen" in row.completion
    assert spy.seen == [("write .", "the owl")]
    assert verdicts(row) == {"word_count": "pass", "finished": "pass"}
    assert row.tokens == 10 and row.finished


def test_a_text_that_was_cut_off_fails_the_visible_gate():
    (cut, whole), _ = grade(["the owl", "the owl <|end|>"])
    assert verdicts(cut) == {"word_count": "pass", "finished": "fail"} and not cut.finished
    gate = cut.verdicts[-1]
    assert (gate.type, gate.role) == ("finished", "hard") and "2 tokens" in gate.reason
    assert whole.finished


def test_reasoning_that_never_closes_fails_even_when_it_ends():
    (row,), _ = grade(["<think> the owl <|end|>"])
    assert verdicts(row) == {"word_count": "fail", "finished": "fail"}
    assert row.answer == "" and "never closes" in row.verdicts[-1].reason


def test_a_template_that_opens_the_block_is_noticed():
    tokenizer = build_tokenizer()
    messages = [{"role": "user", "content": "write ."}]
    assert not opens_reasoning(tokenizer, messages)
    tokenizer.chat_template += "{% if add_generation_prompt %}<think>\n{% endif %}"
    assert opens_reasoning(tokenizer, messages)
    (row,), _ = grade(["the owl <|end|>"], opened=True)
    assert not row.finished


def test_marks_that_are_special_tokens_are_seen_all_the_same():
    tokenizer = build_tokenizer()
    tokenizer.add_special_tokens({"additional_special_tokens": ["<think>", "</think>"]})
    ids = tokenizer.convert_tokens_to_ids(["<think>", "fox", "</think>", "owl", "<|end|>"])
    task = Task("t", "write .")
    grader = Grader([task], tokenizer, frozenset([tokenizer.eos_token_id]), Spy(), False)
    assert grader.grade([0], [ids], 1, "train")[0].row.answer == "owl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(Constraint):
    """A judge that will not say."""

    type: ClassVar[str] = "refused"

    def describe(self):
        return "Please the judge."

    def decide(self, text, prompt):
        return self.unknown("judge: refused")


class Silent:
    """A scorer that has no score for the first text."""

    def score(self, prompts, answers):
        return Scores([None, *(1.0 for _ in answers[1:])], [False] * len(answers))


def test_unknown_stays_unknown():
    tokenizer = build_tokenizer()
    ids = tokenizer.convert_tokens_to_ids(["owl", "<|end|>"])
    tasks = [Task("t", "write ."), Task("u", "write .", (Refused(),))]
    grader = Grader(tasks, tokenizer, frozenset([tokenizer.eos_token_id]), Silent(), False)
    scoreless, undecided = (one.row for one in grader.grade([0, 1], [ids, ids], 1, "train"))
    assert scoreless.scores == {"quality": None} and undecided.scores == {"quality": 1.0}
    assert verdicts(undecided) == {"refused": "unknown", "finished": "pass"}
    assert undecided.verdicts[0].reason == "judge: refused"
    derived = [
        row.derived for group in mix_rows([[scoreless], [undecided]], Mixture()).groups for row in group
    ]
    assert [(one.unknown, one.advantage, one.case) for one in derived] == [(True, 0.0, "unknown")] * 2
