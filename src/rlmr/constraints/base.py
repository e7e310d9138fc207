"""What a constraint and a verdict are.

A constraint is a frozen dataclass: its parameters are fields, complete at birth. It describes itself
(`describe`) and decides a text (`check`). A verdict is pass, fail or *unknown*; unknown is a value of
its own, never a zero and never a pass.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, Literal, get_args

from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.question import Question, Quote
from rlmr.constraints.scope import check_scope, describe_scope, find_parts
from rlmr.names import nearest
from rlmr.text import Span, as_seen, has_words

Lang = Literal["en", "zh"]
Role = Literal["hard", "soft", "probe"]
MAX_SPANS = 16
"""Evidence kept in one verdict; a text can break a rule thousands of times."""


class Status(StrEnum):
    """The three outcomes of a check."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One constraint's decision about one text, with its evidence."""

    type: str
    """Name of the constraint's type, as in a specification."""
    status: Status
    """pass, fail or unknown."""
    measured: float | str | None = None
    """What was found in the text: a count, or the words that were looked at."""
    required: str = ""
    """What was asked, in words: '2 to 3 words'."""
    spans: tuple[Span, ...] = ()
    """Character offsets [start, end) into the checked text that show the measurement."""
    reason: str = ""
    """One sentence for a person; for unknown, the cause ('timeout', 'judge: refused')."""
    source: str = "program"
    """Who decided: 'program', 'judge:MODEL', 'classifier:PATH'."""
    role: Role = "hard"
    """hard decides pass and fail, soft adds to quality, probe is only logged."""
    weight: float = 1.0
    """Share of this constraint in severity (hard) or in quality (soft)."""

    @property
    def passed(self) -> bool:
        """Whether the status is pass; an unknown verdict has not passed (nor failed)."""
        return self.status is Status.PASS

    @property
    def cause(self) -> str:
        """Why a verdict is unknown, without the particulars: the reason up to its colon.

        >>> Verdict("haiku", Status.UNKNOWN, reason="too long: 300000 characters").cause
        'too long'
        >>> Verdict("haiku", Status.UNKNOWN).cause
        'unstated'
        """
        return self.reason.partition(":")[0].strip() or "unstated"

    def to_dict(self) -> dict[str, Any]:
        """The verdict as JSON-ready values.

        >>> Verdict("word_count", Status.PASS, 2).to_dict()["status"]
        'pass'
        """
        return {
            "type": self.type,
            "status": self.status.value,
            "measured": self.measured,
            "required": self.required,
            "spans": [list(span) for span in self.spans],
            "reason": self.reason,
            "source": self.source,
            "role": self.role,
            "weight": self.weight,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint(ABC):
    """A requirement on a text. Subclasses add their parameters as fields, set `type` and write `decide`."""

    type: ClassVar[str]
    __pydantic_config__: ClassVar[dict[str, Any]] = {
        "strict": True,
        "extra": "forbid",
        "allow_inf_nan": False,
    }

    lang: Lang = "en"
    """The declared language, which selects wording and counters; it is never guessed from the text."""
    scope: str = "text"
    """The part of the text that is looked at: see `rlmr.constraints.scope`."""
    role: Role = "hard"
    """hard, soft or probe."""
    weight: float = 1.0
    """Share among the constraints of the same role; > 0."""

    def __post_init__(self) -> None:
        """Refuse at birth what could never be decided."""
        one_of("lang", self.lang, get_args(Lang))
        one_of("role", self.role, get_args(Role))
        if not 0 < self.weight < float("inf"):
            raise ConstraintError(f"{self.weight!r} is not allowed; a weight is above 0 and finite", "weight")
        check_scope(self.scope)
        self.validate()

    def validate(self) -> None:  # noqa: B027 - nothing to refuse is a valid answer
        """Raise ConstraintError where the parameters contradict each other; subclasses override it."""

    def prepare(self) -> None:  # noqa: B027 - most types need no tables
        """Read the tables of sounds or idioms that the first check would otherwise read (up to 0.5 s).

        Nothing depends on it: it moves that time out of the first check, for a deadline or a benchmark.
        """

    @abstractmethod
    def describe(self) -> str:
        """The requirement as one sentence to a writer, in the constraint's language, without its scope."""

    @abstractmethod
    def decide(self, text: str, prompt: str) -> Verdict:
        """Decide a text that holds at least one word. Deterministic, linear in it, free of I/O."""

    def question(self) -> Question | None:
        """What a judge is asked where `decide` gives unknown; None: nothing, programs alone decide."""
        return None

    def decide_quotes(self, text: str, quotes: Sequence[Quote]) -> Verdict:
        """Decide what a judge quoted from `text` in answer to a question that asks for quotes.

        Quotes are verbatim and stand in the order of the text. Only types whose question has labels have it.
        """
        raise NotImplementedError(f"{self.type} asks for no quotes")

    def instruction(self) -> str:
        """`describe` with the scope before it: what a prompt says.

        >>> from rlmr.constraints import WordCount
        >>> WordCount(at_most=9, scope="each line").instruction()
        'In each line: Write at most 9 words.'
        """
        where = describe_scope(self.scope, self.lang)
        return f"{where}{self.describe()}"

    def check(self, text: str, prompt: str = "") -> Verdict:
        """Decide the part of `text` that `scope` names; with an "each" scope every part has to pass.

        The text is looked at as a reader sees it (`rlmr.text.as_seen`), so that an invisible character hides
        and counts nothing. A text, or a part, without a single letter, digit or hanzi fails: there is nothing
        to check. Spans are offsets into `text`.
        """
        seen, origins = as_seen(text)
        verdict = self.check_parts(seen, lambda part: self.decide(part, prompt))
        if origins is None:
            return verdict
        return replace(verdict, spans=tuple((origins[a], origins[b]) for a, b in verdict.spans))

    def check_parts(self, text: str, decide: Callable[[str], Verdict]) -> Verdict:
        """`check`, with something else in the place of `decide`: it is given each part of the scope."""
        if not has_words(text):
            return self._nothing("the text holds no word")
        if self.scope == "text":
            return decide(text)
        parts = find_parts(text, self.scope)
        if not parts:
            return self._nothing(f"the text has no {self.scope}")
        verdicts = []
        for part, _ in parts:
            if not has_words(part):
                return self._nothing(f"no word in the {self.scope}")
            verdicts.append(decide(part))
            if verdicts[-1].status is Status.FAIL:
                break
        order = (Status.FAIL, Status.UNKNOWN, Status.PASS)
        i = min(range(len(verdicts)), key=lambda i: order.index(verdicts[i].status))
        verdict, (part, offset) = verdicts[i], parts[i]
        spans = tuple((a + offset, b + offset) for a, b in verdict.spans)
        return replace(verdict, spans=spans or ((offset, offset + len(part)),))

    def verdict(
        self,
        passed: bool,
        measured: float | str | None = None,
        required: str = "",
        spans: Sequence[Span] = (),
        reason: str = "",
    ) -> Verdict:
        """A decided verdict that carries this constraint's type, role and weight; at most 16 spans."""
        status = Status.PASS if passed else Status.FAIL
        evidence = tuple(spans[:MAX_SPANS])
        return Verdict(
            self.type, status, measured, required, evidence, reason, role=self.role, weight=self.weight
        )

    def _nothing(self, why: str) -> Verdict:
        """The failing verdict on a text in which nothing can be checked."""
        return self.verdict(False, required=self.describe(), reason=f"nothing to check: {why}")

    def unknown(self, reason: str) -> Verdict:
        """The verdict where no decision was reached: neither a pass nor a fail."""
        return Verdict(self.type, Status.UNKNOWN, reason=reason, role=self.role, weight=self.weight)


@cache
def fields_of(cls: type[Constraint], kind: Literal["constraint", "json"]) -> tuple[str, ...]:
    """Names of the fields that are written in another way in a specification, by their `spec` metadata.

    `constraint` fields hold a constraint and are written as its specification; `json` fields hold JSON as
    text, so that they can be hashed, and are written as the value itself.

    >>> from rlmr.constraints import If
    >>> fields_of(If, "constraint")
    ('when', 'then', 'otherwise')
    """
    return tuple(field.name for field in fields(cls) if field.metadata.get("spec") == kind)


def one_of(field: str, given: object, allowed: Iterable[str]) -> None:
    """Raise ConstraintError unless `given` is one of `allowed`; names the nearest one.

    >>> one_of("lang", "cn", ("en", "zh"))
    Traceback (most recent call last):
    rlmr.constraints.errors.ConstraintError: 'cn' is not allowed; allowed: en, zh
    """
    allowed = tuple(allowed)
    if given not in allowed:
        raise ConstraintError(f"{given!r} is not allowed; {nearest(given, allowed)}", field)
