"""Finals, rhyme groups and tones of hanzi, from `pypinyin` (tables in the wheel).

A hanzi has all its readings; one that fits is enough. Rhyme groups are the fourteen of 中华新韵 (modern
standard pronunciation). Level and oblique tone (平仄): tones 1 and 2 are level, 3 and 4 oblique; hanzi of
the old entering tone (入声) that are read in tone 1 or 2 today pass as either.
"""

from __future__ import annotations

from functools import lru_cache

GROUPS = {
    "麻": ("a", "ia", "ua"),
    "波": ("o", "e", "uo"),
    "皆": ("ie", "ve", "ue"),
    "开": ("ai", "uai"),
    "微": ("ei", "uei", "ui"),
    "豪": ("ao", "iao"),
    "尤": ("ou", "iou", "iu"),
    "寒": ("an", "ian", "uan", "van"),
    "文": ("en", "in", "uen", "un", "vn"),
    "唐": ("ang", "iang", "uang"),
    "庚": ("eng", "ing", "ong", "iong", "ueng"),
    "齐": ("i", "er", "v"),
    "支": ("-i",),
    "姑": ("u",),
}
"""Finals of the fourteen groups; ü is v, the i of zhi and zi is -i."""
_GROUP = {final: group for group, finals in GROUPS.items() for final in finals}
_APICAL = ("zh", "ch", "sh", "r", "z", "c", "s")
_ENTERING = frozenset(
    "一七八十白石泽国得德别竹读独毒足福服学觉曲急及级集极即吉积击激夕昔惜席习袭息食蚀识实拾失湿织职直植值执只汁"
    "屋哭秃突忽骨出烛逐叔熟孰淑俗族舌折拙说脱夺活泼拨罚伐发杀刷刮滑瞎峡狭侠匣鸭押压夹颊杰洁结节截捷劫竭诀绝决"
    "缺约削贴跌蝶叠谍接揭歇协胁黑贼伯泊博搏薄勃驳剥拍摘宅择责则塞隔革格阁合盒核喝割葛鸽郭捉桌浊濯啄灼酌着幅伏"
    "佛拂菊局橘鞠屈赎轴粥筑昨凿隔额乏答达塔插察札扎扑仆匹霹雳滴笛敌狄涤嫡的勺托拓泼掇辍撷撮"
)


def load() -> None:
    """Read the tables now (0.3 s), so that no first check has to.

    >>> load()
    """
    readings("月")


@lru_cache(maxsize=16384)
def readings(hanzi: str) -> frozenset[tuple[str, str, int]]:
    """All readings of one hanzi as (initial, final, tone); tone 5 is the neutral one. Empty where unknown.

    >>> sorted(readings("霜"))
    [('sh', 'uang', 1)]
    """
    from pypinyin import Style, pinyin

    found = set()
    for syllable in pinyin(
        hanzi, style=Style.TONE3, heteronym=True, errors="ignore", neutral_tone_with_five=True
    )[0:1]:
        for reading in syllable:
            found.add(_split(reading))
    return frozenset(found)


@lru_cache(maxsize=16384)
def rhyme_groups(hanzi: str) -> frozenset[str]:
    """Rhyme groups that one hanzi may belong to.

    >>> sorted(rhyme_groups("光")), sorted(rhyme_groups("思"))
    (['唐'], ['开', '支'])
    """
    return frozenset(_GROUP[final] for _, final, _ in readings(hanzi) if final in _GROUP)


def tones(hanzi: str) -> str:
    """平, 仄 or 平仄: what one hanzi may be.

    >>> tones("山"), tones("月"), tones("白")
    ('平', '仄', '平仄')
    """
    found = {tone for _, _, tone in readings(hanzi)}
    level = bool(found & {1, 2, 5})
    oblique = bool(found & {3, 4, 5}) or hanzi in _ENTERING
    return "平" * level + "仄" * oblique


def _split(reading: str) -> tuple[str, str, int]:
    """Initial, final and tone of a syllable such as guang1."""
    tone = int(reading[-1]) if reading[-1:].isdigit() else 5
    letters = reading.rstrip("12345").replace("ü", "v")
    initial = next((i for i in ("zh", "ch", "sh") if letters.startswith(i)), "")
    if not initial and letters[:1] in "bpmfdtnlgkhjqxrzcsyw":
        initial = letters[:1]
    final = letters[len(initial) :]
    if final == "i" and initial in _APICAL:
        final = "-i"
    elif initial in ("j", "q", "x", "y") and final.startswith("u"):
        final = "v" + final[1:]
    elif initial == "y" and final in ("an", "e"):
        final = "i" + final
    return initial, final, tone
