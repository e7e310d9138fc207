"""Models that think first, in the shapes of the recipes' models: what the prompt opens, what is judged."""

import pytest

from conftest import build_tokenizer
from rlmr.engines.grade import opens_reasoning
from rlmr.verifiers.finished import answer_of, finished_verdict

OPENING = {
    "DeepSeek-R1-Distill": "{% if add_generation_prompt %}<assistant><think>\n{% endif %}",
    "Qwen3": (
        "{% if add_generation_prompt %}<assistant>\n"
        "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}"
        "{% endif %}"
    ),
    "Qwen2.5": "{% if add_generation_prompt %}<assistant>\n{% endif %}",
}
"""How the models' chat templates end a prompt, in our own words."""


@pytest.mark.parametrize(
    ("model", "settings", "opened"),
    [
        ("DeepSeek-R1-Distill", {}, True),
        ("Qwen3", {}, False),
        ("Qwen3", {"enable_thinking": True}, False),
        ("Qwen3", {"enable_thinking": False}, False),
        ("Qwen2.5", {}, False),
    ],
)
def test_whether_the_prompt_opens_the_thoughts(model, settings, opened):
    tokenizer = build_tokenizer()
    tokenizer.chat_template = OPENING[model]
    assert opens_reasoning(tokenizer, [{"role": "user", "content": "the fox"}], **settings) is opened


@pytest.mark.parametrize(
    ("opened", "completion", "answer", "closed"),
    [
        (True, "I plan.\n</think>\n\nOnce.", "Once.", True),
        (True, "I plan and plan", "", False),
        (False, "<think>\nI plan.\n</think>\n\nOnce.", "Once.", True),
        (False, "<think>\nI plan and plan", "", False),
        (False, "Once.", "Once.", True),
    ],
)
def test_what_is_judged_and_thoughts_that_never_end_fail(opened, completion, answer, closed):
    assert answer_of(completion, opened) == (answer, closed)
    assert (finished_verdict(9, ended=True, closed=closed).status.value == "pass") is closed
