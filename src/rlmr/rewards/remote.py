"""A reward model on a server: vLLM's classification endpoint, over the project's one client.

Start one with `vllm serve MODEL --runner pooling` and name it in an `Endpoint`. Scores are the raw logits
(`use_activation: false`); a server that squashes them gives other numbers than the model has, which
`RemoteRewardModel.check` finds out. What could not be scored is unknown, never 0.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rlmr.data import prompt_text
from rlmr.endpoint import BadReply, Client, EndpointError, Post, Reply
from rlmr.rewards.render import render
from rlmr.rewards.reward_model import Prompt, Scores

PATH = "/classify"


class RemoteRewardModel:
    """Scores texts with one request each; the client limits how many are under way.

    Args:
        client: the server and its limits.
        tokenizer: the model's own tokenizer: texts are rendered and cut here, as in training, and sent as
            tokens. None sends prompt + answer as text, which is right for models without a chat template
            only.
        max_length: tokens to read of each text, with a tokenizer; longer ones lose their end and are
            reported.
        reads_prompt: whether the model sees the prompt.
        deadline_s: seconds for a whole batch; what is left then is unknown.
    """

    def __init__(
        self,
        client: Client,
        *,
        tokenizer: Any = None,
        max_length: int | None = None,
        reads_prompt: bool = True,
        deadline_s: float | None = None,
    ) -> None:
        self.client, self.tokenizer, self.max_length = client, tokenizer, max_length
        self.reads_prompt, self.deadline_s = reads_prompt, deadline_s
        self.errors: list[str] = []
        """Of the last call: one cause per text, '' where there is a score."""

    def score(self, prompts: Sequence[Prompt], answers: Sequence[str]) -> Scores:
        """Scores of B answers, each to its own prompt; None where the server gave none, with its cause in
        `errors`."""
        inputs = [self._input(p, a) for p, a in zip(prompts, answers, strict=True)]
        posts = [Post(PATH, {"input": given, "use_activation": False}) for given, _ in inputs]
        replies = self.client.ask_all(posts, deadline_s=self.deadline_s, accept=read_logit)
        self.errors = [reply.error for reply in replies]
        return Scores([value_of(reply) for reply in replies], [cut for _, cut in inputs], cause_of(replies))

    def check(self, field: str) -> None:
        """Raise EndpointError, for a setting's name, where the server gives no logit, or squashes it although
        it is told not to."""
        given, _ = self._input("Write.", "A word.")
        asked = [Post(PATH, {"input": given, "use_activation": activate}) for activate in (False, True)]
        raw, squashed = self.client.ask_all(asked, deadline_s=60.0, accept=read_logit, fresh=True)
        if not raw.ok:
            raise EndpointError(f"{field}: {self.client.endpoint.base_url}: {raw.error}")
        if squashed.ok and raw.value == squashed.value and 0.0 <= raw.value <= 1.0:
            raise EndpointError(
                f"{field}: {self.client.endpoint.base_url} gives {raw.value:.4f} with and without "
                "`use_activation`: a probability, where a reward needs the logit"
            )

    def _input(self, prompt: Prompt, answer: str) -> tuple[str | list[int], bool]:
        """What to send of one text, and whether it was cut."""
        if self.tokenizer is None:
            return (prompt_text(prompt) if self.reads_prompt else "") + answer, False
        ids = render(self.tokenizer, prompt, answer, reads_prompt=self.reads_prompt)
        return ids[: self.max_length], self.max_length is not None and len(ids) > self.max_length


def cause_of(replies: Sequence[Reply]) -> str:
    """Why nothing was scored: the most frequent cause; '' where one reply came, or nothing was asked.

    >>> cause_of([Reply(error="http 500"), Reply(error="timeout"), Reply(error="timeout")])
    'timeout'
    >>> cause_of([Reply(error="timeout"), Reply(text="3")])
    ''
    """
    failed = Counter(reply.error for reply in replies if not reply.ok)
    return failed.most_common(1)[0][0] if failed and failed.total() == len(replies) else ""


def value_of(reply: Reply) -> float | None:
    """A reply's number; None for a failure."""
    return float(reply.value) if reply.ok else None


def read_logit(body: str) -> float:
    """The one logit of a classification reply. Raises BadReply for any other reply, NaN and infinities.

    >>> read_logit('{"data": [{"index": 0, "label": "LABEL_0", "probs": [-1.5], "num_classes": 1}]}')
    -1.5
    """
    try:
        rows = json.loads(body)["data"]
        [value] = rows[0]["probs"]
        number = float(value)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise BadReply("no single logit", body[:200]) from error
    if len(rows) != 1 or isinstance(value, bool):
        raise BadReply("no single logit", body[:200])
    if not math.isfinite(number):
        raise BadReply("not a finite number", body[:200])
    return number


def looks_squashed(scores: Sequence[float | None]) -> bool:
    """Whether all scores lie in [0, 1] and more than ten are known: a sign that the server ignored
    `use_activation`.

    >>> looks_squashed([0.2] * 11), looks_squashed([-0.3] + [0.2] * 11)
    (True, False)
    """
    known = [score for score in scores if score is not None]
    return len(known) > 10 and all(0.0 <= score <= 1.0 for score in known)
