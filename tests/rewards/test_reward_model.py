"""Scoring with a sequence classifier: alone or in a batch, whole or reported, unknown where not finite."""

import pytest
import torch

from conftest import _save
from rlmr.models import ModelError
from rlmr.rewards.function import FunctionScorer, load_function
from rlmr.rewards.reward_model import RewardModel, RewardModelError, check_reward_model

PROMPTS = [
    "write about the fox .",
    [{"role": "user", "content": "write about the hen ."}],
    "write .",
    "write .",
]
ANSWERS = ["the fox", "the hen was old and kind and bright .", "", "a a a a a a a a a a a a a a a a a a a a"]


@pytest.fixture(scope="module")
def scorer(tiny_reward_model):
    return RewardModel(tiny_reward_model, batch_size=3, precision="float32")


def test_a_score_depends_on_its_own_text_only(scorer):
    together = scorer.score(PROMPTS, ANSWERS).values
    alone = [scorer.score([p], [a]).values[0] for p, a in zip(PROMPTS, ANSWERS, strict=True)]
    assert together == pytest.approx(alone, abs=1e-5)
    assert len(set(together)) == 4


def test_the_model_sees_what_trl_trained_it_on(scorer):
    messages = [{"role": "user", "content": "write ."}, {"role": "assistant", "content": "the fox"}]
    ids = scorer.tokenizer.apply_chat_template(messages, return_tensors="pt", return_dict=True)["input_ids"]
    assert ids[0, -1] == scorer.tokenizer.eos_token_id
    expected = scorer.model(input_ids=ids).logits[0, 0].item()
    assert scorer.score(["write ."], ["the fox"]).values == pytest.approx([expected], abs=1e-6)


def test_without_a_chat_template_the_end_token_is_added_once(tiny_reward_model):
    plain = RewardModel(tiny_reward_model)
    plain.tokenizer.chat_template = None
    ids = plain._tokens("write . ", "the fox")
    assert ids.count(plain.tokenizer.eos_token_id) == 1 and ids[-1] == plain.tokenizer.eos_token_id
    assert plain._tokens("write . ", "the fox <|end|>") == ids


def test_long_texts_are_cut_and_reported(tiny_reward_model):
    short = RewardModel(tiny_reward_model, max_length=12)
    scores = short.score(PROMPTS[2:], ["the", ANSWERS[3]])
    assert scores.truncated == [False, True]
    assert all(value is not None for value in scores.values)
    assert RewardModel(tiny_reward_model).max_length == 512


def test_scores_that_are_not_finite_are_unknown(tiny_reward_model):
    broken = RewardModel(tiny_reward_model)
    with torch.no_grad():
        broken.model.score.weight.fill_(float("nan"))
    assert broken.score(["write ."], ["the fox"]).values == [None]


@pytest.mark.parametrize(("capabilities", "expected"), [({"avx512_bf16": True}, "bfloat16"), ({}, "float32")])
def test_a_cpu_gets_the_precision_it_computes_in(
    tiny_reward_model, scorer, monkeypatch, capabilities, expected
):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": False} | capabilities)
    auto = RewardModel(tiny_reward_model, device="cpu")
    assert auto.model.dtype == getattr(torch, expected)
    values = auto.score(PROMPTS, ANSWERS).values
    assert values == pytest.approx(scorer.score(PROMPTS, ANSWERS).values, rel=0.02, abs=0.02)


def test_dropout_is_off(scorer):
    assert not scorer.model.training and not any(p.requires_grad for p in scorer.model.parameters())


def test_what_is_no_reward_model_is_said(tiny_policy, tmp_path):
    with pytest.raises(ModelError, match="is no model"):
        check_reward_model(tmp_path)
    with pytest.raises(ModelError, match="LlamaForCausalLM; a reward model is a sequence classifier"):
        check_reward_model(tiny_policy)
    with pytest.raises(RewardModelError, match="5 labels; a reward model has 1"):
        check_reward_model(_save(tmp_path / "five", 5))


def test_a_function_scores_and_none_is_unknown():
    scorer = FunctionScorer(lambda prompts, completions: [None, float("inf"), 2])
    assert scorer.score(["p"] * 3, ["a", "b", "c"]).values == [None, None, 2.0]
    with pytest.raises(RewardModelError, match="3 scores for 1 texts"):
        scorer.score(["p"], ["a"])


def test_a_function_is_named_by_module_and_name():
    assert load_function("builtins:len").function is len
    with pytest.raises(RewardModelError, match="no_such_module"):
        load_function("no_such_module:f")
    with pytest.raises(RewardModelError, match="not a function"):
        load_function("math:pi")
