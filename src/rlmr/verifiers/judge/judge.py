"""The LLM judge: decides what no program can, or says that it is unknown and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from rlmr.constraints.base import Constraint, Verdict
from rlmr.constraints.question import Question
from rlmr.endpoint import Chat, Client, Reply, Usage
from rlmr.verifiers.combine import Item
from rlmr.verifiers.judge.prompt import VERSION, Asked, ask
from rlmr.verifiers.judge.reply import Decision, read_reply

_Key = tuple[str, str, Question, str]
"""Prompt, part of the text, question, scope: what is asked once."""


@dataclass(frozen=True, slots=True)
class Judge:
    """An LLM behind an OpenAI-compatible server. Thread-safe; pickled and forked copies connect anew.

    One atomic question per constraint and text (with an "each" scope: per part). What is not exactly a valid
    answer is unknown, with the cause in `reason` ("judge timeout", "judge wrong id: ..."); only valid answers
    are cached, under all that was asked: model, revision, wording, prompt, constraint and text.

    >>> from rlmr.constraints import Tone
    >>> from rlmr.endpoint import Endpoint
    >>> judge = Judge(Client(Endpoint("http://127.0.0.1:9/v1", "nobody", retries=0)))
    >>> judge.verify_many([("Write.", Tone("wistful"), "A fox ran.")])[0].reason.partition(":")[0]
    'judge connection refused'
    >>> judge.client.close()
    """

    client: Client
    deadline_s: float | None = None
    """Seconds for one batch of questions; what is left then is unknown. None: each call's own deadline."""
    max_tokens: int = 1024
    """Tokens of a reply; a model that reasons first needs more."""
    temperature: float = 0.0
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of every request, such as chat_template_kwargs."""
    repetition: int = 0
    """Which asking of the same question it is; each has its own place in the cache."""
    progress: Callable[[int, int], None] | None = None
    """Called with the questions answered, and all."""

    @property
    def source(self) -> str:
        """Who decided, in its verdicts: 'judge:MODEL' or 'judge:MODEL@REVISION'."""
        endpoint = self.client.endpoint
        return f"judge:{endpoint.model}" + (f"@{endpoint.revision}" if endpoint.revision else "")

    @property
    def usage(self) -> Usage:
        """Calls, tokens, cost and failures since the client was made."""
        return self.client.usage

    def verify_many(self, items: Sequence[Item]) -> list[Verdict]:
        """One verdict per (prompt, constraint, text), in their order; never an exception for a bad reply.

        A constraint without a question (`Constraint.question`) is for programs and gives unknown.
        """
        asked: dict[_Key, Asked] = {}

        def note(constraint: Constraint, question: Question, prompt: str, part: str) -> Verdict:
            key = (prompt, part, question, constraint.scope)
            if key not in asked:
                asked[key] = ask(*key)
            return constraint.unknown("")

        for prompt, constraint, text in items:
            question = constraint.question()
            if question is not None:
                constraint.check_parts(text, partial(note, constraint, question, prompt))
        replies = dict(zip(asked, self._ask(list(asked.values())), strict=True))
        return [self._verdict(item, replies) for item in items]

    def _ask(self, asked: Sequence[Asked]) -> list[Reply]:
        """The replies; valid answers stand in their values."""
        chats = [
            Chat(
                one.messages,
                schema=one.schema,
                max_tokens=self.max_tokens,
                temperature=self.temperature,
                extra=self.extra,
                key=f"judge {VERSION}" + (f" again {self.repetition}" if self.repetition else ""),
            )
            for one in asked
        ]
        accepts = [partial(read_reply, one) for one in asked]
        return self.client.ask_all(chats, deadline_s=self.deadline_s, accept=accepts, progress=self.progress)

    def _verdict(self, item: Item, replies: Mapping[_Key, Reply]) -> Verdict:
        prompt, constraint, text = item
        question = constraint.question()
        if question is None:
            return constraint.unknown("not a question for a judge")

        def decide(part: str) -> Verdict:
            reply = replies[prompt, part, question, constraint.scope]
            return decided(constraint, part, reply, self.source)

        return constraint.check_parts(text, decide)


def decided(constraint: Constraint, text: str, reply: Reply, source: str) -> Verdict:
    """The verdict that a reply comes to, by `source`.

    >>> from rlmr.constraints import Tone
    >>> decided(Tone("sad"), "A fox ran.", Reply(error="timeout after 5 tries"), "judge:m").reason
    'judge timeout'
    """
    if not reply.ok:
        return replace(constraint.unknown(cause(reply)), source=source)
    answer = reply.value
    if not isinstance(answer, Decision):
        return replace(constraint.decide_quotes(text, answer), source=source)
    spans = () if answer.span is None else (answer.span,)
    shown = text[slice(*answer.span)] if answer.span else None
    if answer.verdict == "not_applicable":
        return replace(constraint.verdict(True, "does not apply", constraint.describe()), source=source)
    passed = answer.verdict == "pass"
    reason = "" if passed else "the judge finds it broken here" if shown else "the judge finds it not kept"
    return replace(constraint.verdict(passed, shown, constraint.describe(), spans, reason), source=source)


def cause(reply: Reply) -> str:
    """A failed reply as a reason: what counts stands before the colon.

    >>> cause(Reply(error="bad reply: wrong id after 2 tries", detail="'7'"))
    "judge wrong id: '7'"
    """
    what = reply.error.removeprefix("bad reply: ").partition(" after ")[0]
    return f"judge {what}: {reply.detail}" if reply.detail else f"judge {what}"
