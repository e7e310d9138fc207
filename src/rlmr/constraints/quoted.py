"""Extract, then check: a judge quotes, a program counts or matches the quotes.

Like the other judged types these are unknown until a judge has been asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rlmr import text as txt
from rlmr.constraints.base import Lang, Verdict, one_of
from rlmr.constraints.counted import check_range, count_verdict, range_en, range_zh
from rlmr.constraints.devices import DEVICES
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.judged import Judged, check_said
from rlmr.constraints.question import Question, Quote
from rlmr.text import Span


@dataclass(frozen=True, slots=True)
class RhetoricalDevices(Judged):
    """Between `at_least` and `at_most` uses of a rhetorical device: a judge quotes them, a program counts.

    Source: CFBench (比喻, 拟人, 排比, 反问, 设问). Quotes that overlap are one use. Forms alone are for
    `similes` and `anaphora`, which need no judge.

    >>> devices = RhetoricalDevices("simile", at_least=1)
    >>> devices.decide_quotes("Cold as ice.", [("simile", (0, 11)), ("simile", (5, 11))]).measured
    1
    """

    type: ClassVar[str] = "rhetorical_devices"
    device: str
    """A key of `rlmr.constraints.devices.DEVICES`."""
    at_least: int | None = None
    """Lowest count that passes; 0 or more."""
    at_most: int | None = None
    """Highest count that passes."""

    def validate(self) -> None:
        """Refuse an unknown device and a range that says nothing."""
        one_of("device", self.device, DEVICES)
        check_range(self.at_least, self.at_most)

    def describe(self) -> str:
        """The range and the device."""
        device = DEVICES[self.device]
        if self.lang == "zh":
            return f"使用{range_zh(self.at_least, self.at_most)}{device.zh}。"
        return f"Use {range_en(self.at_least, self.at_most, (device.one, device.many))}."

    def question(self) -> Question | None:
        """Quotes of every use."""
        device = DEVICES[self.device]
        if self.lang == "zh":
            asks = f"逐一引用文中每{device.zh}：{device.means_zh}。"
        else:
            asks = f"Quote each {device.one} in the text: {device.means}."
        return Question(asks, labels=(self.device,))

    def decide_quotes(self, text: str, quotes: Sequence[Quote]) -> Verdict:
        """Count them."""
        device = DEVICES[self.device]
        spans = apart([span for _, span in quotes])
        unit = (device.one, device.many)
        return count_verdict(self, len(spans), spans, self.at_least, self.at_most, unit)


@dataclass(frozen=True, slots=True)
class CharacterCount(Judged):
    """Between `at_least` and `at_most` named characters: a judge quotes the names, a program counts them.

    Source: ours. A name inside another is the same character (Tom in Tom Brown; 小明 in 李小明).

    >>> CharacterCount(at_most=1).decide_quotes("Tom Brown ran. Tom hid.", [("name", (0, 9)), ("name", (15, 18))])
    ... # doctest: +ELLIPSIS
    Verdict(type='character_count', status=<Status.PASS: 'pass'>, measured=1, ...
    """  # noqa: E501 - the doctest stays on its line

    type: ClassVar[str] = "character_count"
    at_least: int | None = None
    """Lowest count that passes; 0 or more."""
    at_most: int | None = None
    """Highest count that passes."""

    def validate(self) -> None:
        """Refuse a range that says nothing."""
        check_range(self.at_least, self.at_most)

    def describe(self) -> str:
        """The range."""
        if self.lang == "zh":
            return f"有名字的人物为{range_zh(self.at_least, self.at_most)}个。"
        unit = ("character by name", "characters by name")
        return f"Have {range_en(self.at_least, self.at_most, unit)}."

    def question(self) -> Question | None:
        """The names."""
        return ask_names(self.lang)

    def decide_quotes(self, text: str, quotes: Sequence[Quote]) -> Verdict:
        """Count names that are not part of another."""
        found = {txt.fold(text[slice(*span)])[0]: span for _, span in reversed(quotes)}
        whole = [name for name in found if not any(name != other and name in other for other in found)]
        spans = sorted(found[name] for name in whole)
        unit = ("named character", "named characters")
        return count_verdict(self, len(spans), spans, self.at_least, self.at_most, unit)


@dataclass(frozen=True, slots=True)
class Sections(Judged):
    """The text has these parts, in this order: a judge quotes how each begins, a program compares.

    Source: CFBench (required parts of a form: 称呼, 正文, 落款). Headings and labels are for `headings` and
    `in_order`.

    >>> letter = Sections(("greeting", "farewell"))
    >>> letter.decide_quotes("Bye. Hello.", [("farewell", (0, 4)), ("greeting", (5, 11))]).reason
    'out of order: farewell before greeting'
    """

    type: ClassVar[str] = "sections"
    parts: tuple[str, ...]
    """What each part is: "a greeting", "the moral"."""

    def validate(self) -> None:
        """Refuse no parts, empty ones and the same one twice."""
        if not self.parts:
            raise ConstraintError("() is not allowed; give a part or more", "parts")
        for part in self.parts:
            check_said("parts", part)
        if len(set(self.parts)) < len(self.parts):
            raise ConstraintError(f"{self.parts!r} is not allowed; a part stands twice", "parts")

    def describe(self) -> str:
        """The parts."""
        if self.lang == "zh":
            return f"依次包含以下部分：{'、'.join(self.parts)}。"
        return f"Have these parts, in this order: {', '.join(self.parts)}."

    def question(self) -> Question | None:
        """The first words of each."""
        if self.lang == "zh":
            asks = (
                f"对以下每个部分，若文中有，引用它开头的几个字：{'、'.join(self.parts)}。没有的部分不要引用。"
            )
        else:
            asks = (
                "For each of these parts that the text has, quote the first few words of it, once: "
                f"{', '.join(self.parts)}. Quote nothing for a part that is not there."
            )
        return Question(asks, labels=self.parts)

    def decide_quotes(self, text: str, quotes: Sequence[Quote]) -> Verdict:
        """Look for a missing part, then for one out of order, by where each begins first."""
        begins: dict[str, Span] = {}
        for label, span in quotes:
            begins.setdefault(label, span)
        spans = [begins[part] for part in self.parts if part in begins]
        missing = [part for part in self.parts if part not in begins]
        turned = [
            f"{b} before {a}"
            for a, b in zip(self.parts, self.parts[1:], strict=False)
            if a in begins and b in begins and begins[b][0] <= begins[a][0]
        ]
        reason = f"missing: {', '.join(missing)}" if missing else ""
        if turned and not missing:
            reason = f"out of order: {', '.join(turned)}"
        return self.verdict(not reason, len(begins), self.describe(), spans, reason)


def apart(spans: Sequence[Span]) -> list[Span]:
    """The spans in order, those that overlap an earlier one left out.

    >>> apart([(5, 9), (0, 3), (2, 4)])
    [(0, 3), (5, 9)]
    """
    kept: list[Span] = []
    for start, end in sorted(spans):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def ask_names(lang: Lang) -> Question:
    """What is asked where a program has to know who is named.

    >>> ask_names("en").labels
    ('name',)
    """
    if lang == "zh":
        asks = "引用文中每个人物的名字，每个人物一次，用文中最完整的写法。只有称呼、没有名字的人物不算。"
    else:
        asks = (
            "Quote the name of each character in the text, once for each, in the fullest form that is there. "
            "Characters without a name do not count."
        )
    return Question(asks, labels=("name",))
