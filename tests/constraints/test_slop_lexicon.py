"""The slop lexicon: every entry can match folded text, and takes time linear in it."""

import re
import time

import pytest

from rlmr.constraints.types.lists import cliches, praise
from rlmr.evals.breaks.wording import slop
from rlmr.text import fold

ENTRIES = [*cliches.ENGLISH, *cliches.CHINESE, *praise.ENGLISH, *praise.CHINESE]


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_is_written_as_texts_are_folded(entry):
    re.compile(entry)
    plain = re.sub(r"\\[a-zA-Z]", "", entry)
    assert fold(plain)[0] == plain, "capitals, curly quotes or traditional hanzi never match folded text"


def test_no_entry_stands_twice():
    assert len(set(ENTRIES)) == len(ENTRIES)


@pytest.mark.parametrize(
    "text",
    [
        "The old oak stood as a symbol of the town.",
        "It served as a gentle reminder.",
        "Her voice hung in the air.",
        "Dust motes danced.",
        "A chill went down her spine.",
        "His smile didn’t quite reach his eyes.",
        "She felt a flicker of hope.",
        "He felt a deep sense of purpose.",
        "They shared an unspoken\nunderstanding.",
        "It felt like home for the first time in years.",
        "A cacophony of horns rose.",
        "It is more than just a bag.",
        "It’s not about winning; it’s about trying.",
        "Gone are the days of dull skin.",
        "This was no ordinary key.",
        "Let this serve as a reminder.",
    ],
)
def test_english_entries_are_found(text):
    assert slop(text, "en") > 0


@pytest.mark.parametrize(
    "text",
    [
        "老树仿佛在诉说着什么。",
        "空气中弥漫着桂花的香气。",
        "阳光透过树叶洒下来。",
        "他深吸一口气。",
        "她的眼中闪烁着泪光，眼神中透出坚定。",
        "泪水模糊了双眼。",
        "这种感觉难以言喻。",
        "这不仅仅是一座桥，更是一段记忆。",
        "岁月的痕迹爬上墙头。",
        "这是一场视觉的盛宴。",
        "歲月的痕跡爬上牆頭。",
        "综合来看，他赢了。",
    ],
)
def test_chinese_entries_are_found(text):
    assert slop(text, "zh") > 0


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("She put the kettle on and waited for the bus to pass.", "en"),
        ("My knuckles hurt. The air was cold, and the silence did not bother us.", "en"),
        ("There is a bridge between the two houses; it is about as old as I am.", "en"),
        ("他把自行车靠在墙边，掏出钥匙开门。", "zh"),
        ("妈妈说今天的豆腐比昨天贵了两毛钱。", "zh"),
        ("我们在这里等车，车总是晚点。", "zh"),
    ],
)
def test_plain_texts_hold_none(text, lang):
    assert slop(text, lang) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "seed",
    [
        "not just a ",
        "the scent of ",
        "it's not about ",
        "as she stood ",
        "仿佛",
        "首先",
        "这不是",
        "的",
        "a ",
    ],
)
def test_time_is_linear_in_hostile_texts(seed):
    def seconds(size):
        text = fold(seed * (size // len(seed)))[0]
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            for pattern in (cliches.pattern("en"), cliches.pattern("zh"), praise.pattern("en")):
                sum(1 for _ in pattern.finditer(text))
            best = min(best, time.process_time() - start)
        return best

    assert seconds(80_000) < 16 * seconds(10_000) + 0.05
