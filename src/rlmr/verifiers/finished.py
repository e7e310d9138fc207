"""What of a completion is its answer, and the `finished` gate that stands beside the asked constraints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rlmr.constraints.base import Status, Verdict

OPEN, CLOSE = "<think>", "</think>"
"""The marks of a reasoning block."""


def decode(tokenizer: Any, ids: Sequence[int]) -> str:
    """Tokens as text without special ones; reasoning marks stay, special or not."""
    special = set(tokenizer.all_special_ids)
    marks = set(tokenizer.convert_tokens_to_ids([OPEN, CLOSE])) - {tokenizer.unk_token_id}
    kept = [token for token in ids if token not in special or token in marks]
    return str(tokenizer.decode(kept, skip_special_tokens=False))


def answer_of(completion: str, opened: bool = False) -> tuple[str, bool]:
    """What the reader gets of a completion, and whether its reasoning block (if any) closed.

    `opened`: the chat template had already opened the block. Everything up to the last closing mark is
    reasoning; where the block never closes there is no answer.

    >>> answer_of("<think>a plan</think>\\n\\nOnce.")
    ('Once.', True)
    >>> answer_of("a plan that never", opened=True)
    ('', False)
    >>> answer_of("Once.")
    ('Once.', True)
    """
    _, mark, after = completion.rpartition(CLOSE)
    if OPEN in after or (not mark and opened):
        return "", False
    return (after.lstrip() if mark else completion), True


def finished_verdict(tokens: int | None, ended: bool, closed: bool) -> Verdict:
    """The gate: a completion that did not end by itself, or whose reasoning never closes, fails.

    >>> finished_verdict(64, ended=False, closed=True).reason
    'It was cut off after 64 tokens.'
    """
    after = "" if tokens is None else f" after {tokens} tokens"
    if ended and closed:
        reason = ""
    elif ended:
        reason = "Its reasoning block never closes, so there is no answer."
    else:
        reason = f"It was cut off{after}."
    return Verdict(
        type="finished",
        status=Status.PASS if ended and closed else Status.FAIL,
        measured=f"{'ended' if ended else 'cut off'}{after}",
        required="to end by itself, its reasoning closed",
        reason=reason,
    )
