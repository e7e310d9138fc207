"""词牌: the clause lengths and rhymes of tunes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

from rlmr import text as txt
from rlmr.constraints.base import Constraint, Verdict, one_of
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.types.verse.lines import find_misses, line_end, verse_lines
from rlmr.text import chinese_sounds

TuneName = Literal[
    "十六字令", "忆江南", "捣练子", "渔歌子", "如梦令", "长相思", "相见欢", "生查子", "点绛唇", "浣溪沙",
    "菩萨蛮", "采桑子", "卜算子", "清平乐", "西江月", "醉花阴", "浪淘沙", "鹧鸪天", "鹊桥仙", "南乡子",
    "虞美人", "一剪梅", "临江仙", "蝶恋花", "破阵子", "定风波", "江城子", "满江红", "水调歌头", "天净沙",
]  # fmt: skip


class Tune(NamedTuple):
    """One tune in its common form."""

    clauses: tuple[int, ...]
    """Hanzi in each clause, by punctuation."""
    rhymes: str
    """One letter a clause: the same letter rhymes, x is free."""


def _tune(clauses: str, rhymes: str, stanzas: int = 1) -> Tune:
    """A tune from its digits and letters; a second stanza of the same shape is told by its number."""
    return Tune(
        tuple(map(int, clauses * stanzas)), rhymes if len(rhymes) > len(clauses) else rhymes * stanzas
    )


TUNES: dict[str, Tune] = {
    "十六字令": _tune("1735", "AAxA"),
    "忆江南": _tune("35775", "xAxAA"),
    "捣练子": _tune("33777", "xAAxA"),
    "渔歌子": _tune("77337", "AAxAA"),
    "如梦令": _tune("6656226", "AAxAAAA"),
    "长相思": _tune("3375", "AAAA", 2),
    "相见欢": _tune("6393339", "AAABBAA"),
    "生查子": _tune("5555", "xAxA", 2),
    "点绛唇": _tune("474545345", "xAAAxAAAA"),
    "浣溪沙": _tune("777777", "AAAxAA"),
    "菩萨蛮": _tune("77555555", "AABBCCDD"),
    "采桑子": _tune("7447", "xAAA", 2),
    "卜算子": _tune("5575", "xAxA", 2),
    "清平乐": _tune("45766666", "AAAABBxB"),
    "西江月": _tune("6676", "xAAA", 2),
    "醉花阴": _tune("75545", "AAxxA", 2),
    "浪淘沙": _tune("54774", "AAAxA", 2),
    "鹧鸪天": _tune("777733777", "AAxAxAAxA"),
    "鹊桥仙": _tune("44677", "xxAxA", 2),
    "南乡子": _tune("57727", "AAxAA", 2),
    "虞美人": _tune("7579", "AABBCCDD", 2),
    "一剪梅": _tune("744744", "AxAxxA", 2),
    "临江仙": _tune("76755", "xAAxA", 2),
    "蝶恋花": _tune("74577", "AxAAA", 2),
    "破阵子": _tune("66775", "xAxAA", 2),
    "定风波": _tune("77727727727", "AABBACCADDA"),
    "江城子": _tune("73345733", "AAAxAxxA", 2),
    "满江红": _tune("4343447735333333677353", "xxAxxAxAxxAxAxAxAxAxxA"),
    "水调歌头": _tune("5565665553334766555", "xAxAxxAxAxxAxAxxAxA"),
    "天净沙": _tune("66646", "AAAxA"),
}
"""The common form of each tune (天净沙 is a 曲); where a tune has several, the one of its best known poem."""


@dataclass(frozen=True, slots=True)
class CiTune(Constraint):
    """A 词 in the clause lengths and the rhymes of its tune (词牌), by punctuation.

    Source: ours; the common forms in `TUNES`. Rhyme is by 中华新韵 in any reading of a hanzi, which parts
    some of the old rhymes (雨 and 路): `tolerance` clauses may miss, `rhyme=False` looks at the lengths
    alone. A title is set aside. Tones are not looked at.

    >>> CiTune("十六字令").check("山，快马加鞭未下鞍。惊回首，离天三尺三。").passed
    True
    """

    type: ClassVar[str] = "ci_tune"
    tune: TuneName
    """The tune's name."""
    rhyme: bool = True
    """Whether the clauses have to rhyme."""
    tolerance: int = 0
    """Clauses that may fail to rhyme."""

    def validate(self) -> None:
        """Refuse an unknown tune."""
        one_of("tune", self.tune, TUNES)
        if self.tolerance < 0:
            raise ConstraintError(f"{self.tolerance} is not allowed; give 0 or more", "tolerance")

    def prepare(self) -> None:
        """Read the tables of sounds."""
        chinese_sounds.load()

    def describe(self) -> str:
        """The tune."""
        shape = list(map(str, TUNES[self.tune].clauses))
        if self.lang == "zh":
            rhyme = "，按谱押韵" if self.rhyme else ""
            return f"按词牌《{self.tune}》填词，各句字数为 {'、'.join(shape)}{rhyme}。"
        rhyme = ", rhymed as the tune asks" if self.rhyme else ""
        return f"Write a ci to the tune {self.tune}: clauses of {', '.join(shape)} hanzi{rhyme}."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Compare the clauses' lengths, then their ends."""
        wanted, scheme = TUNES[self.tune]
        found = verse_lines(text, "zh", len(wanted))
        if len(found) == len(wanted) + 1 and self.tune in text[slice(*found[0])]:
            found = found[1:]
        counts = tuple(txt.count_hanzi(text[slice(*span)]) for span in found)
        shown = ", ".join(map(str, counts[:24]))
        required = ", ".join(map(str, wanted))
        if counts != wanted:
            return self.verdict(False, shown, required, found, f"clauses of {shown} hanzi")
        ends = [line_end(text, span, "zh") for span in found]
        misses = (
            find_misses([text[slice(*end)] for end in ends], scheme, "zh", same=True) if self.rhyme else []
        )
        if len(misses) > self.tolerance:
            missed = [ends[i] for i in misses]
            words = "、".join(text[slice(*end)] for end in missed)
            return self.verdict(
                False, shown, f"{required}, rhymed {scheme}", missed, f"does not rhyme: {words}"
            )
        return self.verdict(True, shown, required, found)
