"""Rules on what stands around the work, and on its manner."""

from __future__ import annotations

from rlmr.extraction.rule import Rule, rule
from rlmr.extraction.rules.fragments import NONE, NONE_ZH, PRINT

AROUND: tuple[Rule, ...] = (
    rule(
        "only the work",
        "only|just",
        rf"\b(?:only|just) {PRINT}(?: me)?(?: with| back)? (?:the|your|a) (?:\w+ )?"
        r"(?:story|poem|text|lyrics|song|letter|result|final|output|haiku|script|essay|"
        rf"article|translation|rewritten|title|answer|revised|response)\b|\b{PRINT} "
        r"(?:me )?(?:only|just|nothing but) the (?:\w+ )?(?:story|poem|text|lyrics|song|"
        r"letter|result|output|haiku|script|essay|article|translation)\b",
        {"type": "only_the_work"},
    ),
    rule(
        "nothing else",
        "nothing else|preamble|introductory|explanation|commentary|disclaimer|additional|"
        "extra |further |other text|other content|other comment|other info|other expl",
        rf"\bnothing else\b|{NONE} (?:additional|extra|further|other) (?:text|content|"
        rf"explanations?|comments?|commentary|information)\b|{NONE} (?:preamble|"
        r"introductory (?:remarks|text)|explanations?|commentary|disclaimers?)\b",
        {"type": "only_the_work"},
        negatable=False,
    ),
    rule(
        "只输出",
        "只|直接|不要|无需|不需",
        r"只(?:需要?|要)?(?:输出|返回|给出|回复|写)(?:最终)?(?:正文|诗|故事|内容|"
        r"结果|文章|作品|标题|歌词|译文)|(?:不要|无需|不需要|不用|不必)(?:进行|添加|写|"
        r"输出|给出|有|加)?(?:任何|多余的?|其他的?|额外的?){0,2}(?:解释|说明"
        r"(?!书)|评论|前言|废话|注释|客套话)|直接(?:输出|给出|写)(?:正文|结果|内容|"
        r"文章)",
        {"type": "only_the_work"},
        negatable=False,
    ),
    rule(
        "no summary",
        "summar|moral|conclu",
        rf"{NONE} (?:summary|moral(?! [a-z])|moral of|concluding (?:paragraph|summary|statement|remarks?)|"
        r"conclusion)\b(?! of the (?:war|film))",
        {"type": "no_summary"},
        negatable=False,
    ),
    rule(
        "不总结",
        "总结|升华",
        r"(?:不要|不用|不必|无需|不需要|禁止|避免|别|不得)(?:在)?(?:结尾|最后|文末|"
        r"末尾)?(?:处)?(?:进行|写|加|做|再|有|出现)?(?:任何)?(?:总结|升华)",
        {"type": "no_summary"},
        negatable=False,
    ),
    rule(
        "cliches",
        "clich|ai-isms|gpt-isms|套话|陈词滥调|俗套",
        rf"{NONE} clich(?:é|e)(?:s|d)?\b|(?:避免|不要|杜绝|不落)(?:使用|出现)?"
        r"(?:任何)?(?:陈词滥调|套话|俗套)",
        {"type": "cliches", "at_most": 0},
        negatable=False,
    ),
    rule(
        "no dialogue",
        "dialog|direct speech|quoted speech",
        rf"{NONE} (?:dialogues?|dialogs?|direct speech|quoted speech)\b(?! tags?)",
        {"type": "dialogue", "at_most": 0},
        negatable=False,
    ),
    rule("无对话", "对话", rf"{NONE_ZH}(?:人物)?对话", {"type": "dialogue", "at_most": 0}, negatable=False),
    rule(
        "dialogue",
        "dialog",
        r"\b(?:include|includes|including|with|contains?|add|incorporate|use|using)(?: "
        r"(?:some|(?:fragments|lines|pieces|bits) of|properly|formatted|plenty of|lots of|"
        r"a lot of|realistic|natural|witty|snappy|character|direct|more|vivid|a bit of|"
        r"quoted)){0,3} (?:dialogues?|dialogs)\b(?!,| (?:tags?|between))",
        {"type": "dialogue", "at_least": 1},
    ),
    rule(
        "有对话",
        "对话",
        r"(?:加入|包含|要有|须有|需有|必须有|穿插|带有|含有)(?:一些|人物|适当的?|"
        r"生动的?|丰富的?|精彩的?){0,2}对话",
        {"type": "dialogue", "at_least": 1},
    ),
)
"""What stands around the work; clichés, dialogue."""
