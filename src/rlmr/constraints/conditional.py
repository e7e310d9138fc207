"""Constraints on constraints: if one holds, another has to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import ClassVar

from rlmr.constraints.base import Constraint, Status, Verdict
from rlmr.constraints.errors import ConstraintError


@dataclass(frozen=True, slots=True)
class If(Constraint):
    """Where the text keeps `when`, it has to keep `then` too; else `otherwise`, where that is given.

    Source: ComplexBench (selection), CFBench (dependent constraints). `when`, `then` and `otherwise` are
    constraints, in the language of the whole, with scopes of their own. Where `when` does not hold and there
    is no `otherwise`, nothing is asked: pass, measured "does not apply"; give `when` as a constraint of its
    own too where the text has to take this road. Where `when` is unknown, the verdict is that of both roads
    if they agree, else unknown.

    >>> from rlmr.constraints import Dialogue, SentenceCount
    >>> rule = If(when=Dialogue(at_least=1), then=SentenceCount(at_most=2))
    >>> [rule.check(text).status.value for text in ('"Hi." He ran.', '"Hi." He ran. He hid.', "A. B. C.")]
    ['pass', 'fail', 'pass']
    """

    type: ClassVar[str] = "if"
    when: Constraint = field(metadata={"spec": "constraint"})
    """The condition."""
    then: Constraint = field(metadata={"spec": "constraint"})
    """What is asked where it holds."""
    otherwise: Constraint | None = field(default=None, metadata={"spec": "constraint"})
    """What is asked where it does not; nothing where left out."""

    def validate(self) -> None:
        """Refuse parts in another language, and a role or weight of their own, which would mean nothing."""
        for name, part in (("when", self.when), ("then", self.then), ("otherwise", self.otherwise)):
            if part is None:
                continue
            if part.lang != self.lang:
                raise ConstraintError(
                    f"{part.lang!r} is not allowed; the parts are in the whole's language, {self.lang!r}",
                    f"{name}.lang",
                )
            if (part.role, part.weight) != ("hard", 1.0):
                raise ConstraintError("role and weight belong to the whole; leave them out", name)

    def prepare(self) -> None:
        """Read what the parts need."""
        for part in (self.when, self.then, self.otherwise):
            if part is not None:
                part.prepare()

    def describe(self) -> str:
        """The condition and what follows from it."""
        when, then = (part.instruction().rstrip(".。") for part in (self.when, self.then))
        if self.lang == "zh":
            other = f"；否则：{self.otherwise.instruction().rstrip('。')}" if self.otherwise else ""
            return f"如果满足“{when}”，则还要：{then}{other}。"
        other = f"; otherwise: {self.otherwise.instruction().rstrip('.')}" if self.otherwise else ""
        return f'If this holds: "{when}", then also: {then}{other}.'

    def parts(self) -> tuple[Constraint, ...]:
        """The constraints that it is made of."""
        return tuple(part for part in (self.when, self.then, self.otherwise) if part is not None)

    def decide(self, text: str, prompt: str) -> Verdict:
        """Decide the condition, then the road that it opens."""
        return self.resolve(lambda part: part.check(text, prompt))

    def resolve(self, check: Callable[[Constraint], Verdict]) -> Verdict:
        """`decide`, its parts decided by `check`: what is not a program may have looked at them."""
        condition = check(self.when)
        if condition.status is Status.PASS:
            return self._as_own(check(self.then), f"as {self.when.type} holds")
        if condition.status is Status.FAIL:
            return self._not_held(check)
        roads = (check(self.then), self._not_held(check))
        if roads[0].status is roads[1].status:
            return self._as_own(roads[0], f"{self.when.type} is unknown")
        return self.unknown(f"{self.when.type} is unknown: {condition.reason}")

    def _not_held(self, check: Callable[[Constraint], Verdict]) -> Verdict:
        """The verdict where the condition does not hold."""
        if self.otherwise is None:
            return self.verdict(True, "does not apply", self.describe())
        return self._as_own(check(self.otherwise), f"as {self.when.type} does not hold")

    def _as_own(self, verdict: Verdict, why: str) -> Verdict:
        """A part's verdict as this constraint's own, with the reason for the road."""
        reason = f"{why}: {verdict.reason}" if verdict.reason else ""
        return replace(verdict, type=self.type, reason=reason, role=self.role, weight=self.weight)
