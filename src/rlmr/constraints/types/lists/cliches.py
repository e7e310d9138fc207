"""Worn-out phrases and patterns of generated prose, English and Chinese: one list, used everywhere.

A constraint (`cliches`) and the diversity metrics read the same entries. Every entry is a regular
expression over folded text (lower case, straight quotes, simplified script), written without nested
repetition so that it is linear.
"""

from __future__ import annotations

import re
from functools import cache

LEXICON_VERSION = 1
"""Raise it with every change of an entry: counts of different versions do not compare."""

ENGLISH = (
    r"a testament to",
    r"(?:rich |vibrant |intricate )?tapestr(?:y|ies) of",
    r"in the realm of",
    r"delv(?:e|es|ed|ing) into",
    r"(?:a |the )?symphony of",
    r"kaleidoscope of",
    r"dance(?:s|d)? (?:of|with) (?:light|shadows?)",
    r"whisper(?:s|ed)? of the wind",
    r"the air (?:was|is|hung) (?:thick|heavy) with",
    r"sen(?:t|ding|ds) (?:a )?shivers? down",
    r"(?:a|the) weight of (?:the|his|her|their) words",
    r"little did (?:he|she|they|i|we) know",
    r"unbeknownst to",
    r"time seemed to (?:stand still|stop|slow)",
    r"couldn't help but",
    r"breath (?:he|she|they|i) (?:didn't|hadn't|did not) (?:know|realiz|realis)\w* (?:he|she|they|i)",
    r"voice barely (?:above|more than) a whisper",
    r"barely above a whisper",
    r"eyes (?:sparkl|gleam|glint|glisten)\w* with",
    r"a mix(?:ture)? of (?:fear|excitement|awe|hope|sadness|joy|dread)\w* and",
    r"heart (?:pound|hammer|rac)\w* in (?:his|her|their|my) chest",
    r"a beacon of hope",
    r"ever[- ](?:evolving|changing) (?:landscape|world)",
    r"in today's (?:fast-paced )?world",
    r"at the end of the day",
    r"it(?:'s| is) (?:important|worth) (?:to note|noting)",
    r"navigat(?:e|es|ed|ing) the (?:complexities|challenges|landscape)",
    r"unlock(?:s|ed|ing)? the (?:secrets|potential|power)",
    r"a journey of (?:self-discovery|discovery)",
    r"(?:new|whole new) chapter in",
    r"forever (?:changed|etched)",
    r"etched (?:in|into|on) (?:his|her|their|my) (?:memory|mind|heart)s?",
    r"nestled (?:in|between|among)",
    r"bustling (?:city|streets|marketplace|town)",
    r"cobblestone streets",
    r"as the sun (?:dipped|set|sank) (?:below|beneath|behind) the horizon",
    r"bathed in (?:the )?(?:golden|soft|warm|silver)\w*",
    r"painted the sky",
    r"hues of (?:orange|pink|gold|purple|red)",
    r"a stark reminder",
    r"(?:power|resilience) of the human spirit",
    r"sometimes,? the (?:greatest|smallest|most)",
    r"and in that moment",
    r"in that moment,? (?:he|she|they|i)",
    r"the rest,? as they say,? is history",
    r"only time (?:would|will) tell",
    r"nothing would ever be the same",
    r"(?:steel|gird)(?:ed|ing) (?:him|her|them|my)sel(?:f|ves)",
    r"not (?:just|only|merely|simply) (?:a |an |the |about )?[\w']+(?: [\w']+)?,? but",
    r"(?:wasn't|isn't|weren't|aren't) (?:just|merely|simply) [^.!?;\n]{1,60}"
    r"[;,.—-] ?(?:it|they|he|she) (?:was|is|were|are)",
    r"whether (?:you're|it's) [^.!?\n]{1,40} or [^.!?\n]{1,40},",
    r"embark(?:s|ed|ing)? on (?:a|an|the|this) (?:\w+ )?journey",
    r"shimmer(?:s|ed|ing)? like",
    r"elara|thornfield|whispering woods|eldoria",
)
"""English phrases and patterns."""

CHINESE = (
    r"首先[^。！？\n]{0,80}[。！？，；\n][^首]{0,160}其次",
    r"总而言之",
    r"总之[，,]",
    r"综上所述",
    r"值得(?:一提|注意)的是",
    r"不可否认",
    r"在这个[^，。\n]{0,12}的时代",
    r"随着[^，。\n]{1,16}的(?:发展|进步|到来)",
    r"(?:仿佛|宛如|犹如|好似)[^，。！？\n]{1,20}一般",
    r"不仅[^，。\n]{1,24}[，,]?(?:而且|更|还)",
    r"不是[^，。！？\n]{1,20}[，,]而是",
    r"时间仿佛(?:静止|凝固|停止)",
    r"空气(?:仿佛|似乎)?(?:凝固|静止)",
    r"嘴角(?:微微)?(?:上扬|勾起|露出)",
    r"眼中闪过一(?:丝|抹)",
    r"一股(?:暖流|莫名)",
    r"心中涌起",
    r"五味杂陈",
    r"不由得",
    r"岁月静好",
    r"时光(?:荏苒|飞逝|如梭)",
    r"光阴似箭",
    r"映入眼帘",
    r"洒(?:在|下|满)[^，。\n]{0,10}(?:金色|斑驳)",
    r"斑驳的(?:光影|阳光|树影)",
    r"夜幕降临",
    r"华灯初上",
    r"踏上了?[^，。\n]{0,10}(?:旅程|征程|道路)",
    r"谱写[^，。\n]{0,12}(?:篇章|乐章|华章)",
    r"绽放[^，。\n]{0,8}光芒",
    r"命运的齿轮",
    r"画上[^，。\n]{0,6}句号",
    r"在[^，。\n]{1,12}的长河中",
    r"让我们(?:一起|携手|共同)",
    r"(?:每一个|每个)[^，。\n]{1,10}都(?:是|有着?)[^，。\n]{1,10}的(?:故事|见证)",
    r"是[^，。\n]{1,12}的(?:见证|缩影|写照)",
    r"(?:深深地?|久久)(?:刻|烙)在",
    r"这一刻[，,]",
    r"熠熠生辉",
    r"交织(?:成|在一起|着)",
    r"林晚|苏婉清|顾言",
)
"""Chinese phrases and patterns."""


@cache
def pattern(lang: str) -> re.Pattern[str]:
    """All entries of one language as one pattern over folded text, with word boundaries in English.

    >>> bool(pattern("en").search("it was a testament to hope")), bool(pattern("zh").search("总之，走吧"))
    (True, True)
    """
    if lang == "zh":
        return re.compile("|".join(CHINESE))
    entries = re.sub(r" (?![]?])", r"\\s+", "|".join(ENGLISH))  # lines may break inside a phrase
    return re.compile(rf"(?<!\w)(?:{entries})(?!\w)")
