"""How a prompt and a text become tokens, and texts a batch: the same in training and in scoring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from rlmr.data import Message


def render(
    tokenizer: Any, prompt: str | Sequence[Message], answer: str, *, reads_prompt: bool = True
) -> list[int]:
    """Token ids of one text, not cut.

    As TRL's RewardTrainer renders them: through the tokenizer's chat template, where it has one; else
    prompt + answer + end token. A tokenizer with a classification token and a separator (an encoder's) gets
    prompt and answer as a pair of segments, also where the answer is empty, for which the tokenizer would
    leave the second one out. `reads_prompt=False`, or an empty prompt, leaves the prompt out.
    """
    shown = prompt if reads_prompt else ""
    if tokenizer.chat_template is not None:
        before = [{"role": "user", "content": shown}] if isinstance(shown, str) else list(shown)
        messages = [*(before if shown else []), {"role": "assistant", "content": answer}]
        chat: list[int] = tokenizer.apply_chat_template(messages, tokenize=True, return_dict=True)[
            "input_ids"
        ]
        return chat
    text = shown if isinstance(shown, str) else "\n".join(message["content"] for message in shown)
    ids: list[int]
    if tokenizer.cls_token is not None and tokenizer.sep_token is not None:
        ids = tokenizer(*([text] if text else []), answer, verbose=False)["input_ids"]
        return [*ids, tokenizer.sep_token_id] if text and not answer else ids
    end = tokenizer.eos_token or ""
    ids = tokenizer(text + answer + ("" if answer.endswith(end) else end))["input_ids"]
    return ids


def padded(texts: Sequence[Sequence[int]], pad: int, device: torch.device | str = "cpu") -> dict[str, Tensor]:
    """B texts as `input_ids` and `attention_mask`, (B, T), padded on the right.

    >>> padded([[5, 6], [7]], 0)["input_ids"].tolist()
    [[5, 6], [7, 0]]
    """
    width = max(map(len, texts))
    ids_BT = torch.tensor([[*ids, *[pad] * (width - len(ids))] for ids in texts])
    mask_BT = torch.tensor([[1] * len(ids) + [0] * (width - len(ids)) for ids in texts])
    return {"input_ids": ids_BT.to(device), "attention_mask": mask_BT.to(device)}
