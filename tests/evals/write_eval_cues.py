"""What a prompt has to say for each type of constraint, so that prompt and constraints are the same task."""

import re
from collections.abc import Sequence
from dataclasses import fields

from rlmr.constraints import Constraint, to_specs
from rlmr.text import fold

CUES = {
    "acrostic": r"spell|hidden in order|首字|最后一个字",
    "anaphora": r"anaphora|排比",
    "audience": r"listening|听得懂",
    "capital_words": r"capital|caps",
    "chapters": r"chapter|章",
    "char_count": r"characters|字",
    "chinese_script": r"繁体",
    "chinese_verse": r"绝句|律诗",
    "choice": r"pick one",
    "ci_tune": r"如梦令|忆江南",
    "cliches": r"phrases|套话",
    "common_words": r"most common",
    "contains_text": r"word for word|exactly like that|phrase",
    "couplet": r"春联|对联",
    "csv": r"csv",
    "dialogue": r"dialogue|quote|\bquoted|对话|引号",
    "dialogue_share": r"inside quotation marks",
    "distinct_parts": r"no two|no repeats|repeat each other|雷同",
    "element": r"must not be hurt",
    "emoji": r"emoji|表情",
    "ending": r"at the end",
    "ends_with": r"\bend|finish|last (line|words)|final|结尾|最后|停在",
    "exclude_words": r"without|avoid|\bno\b|\bnot\b|n't|dont|never|neither|none|nobody|mustn't|\bnowhere\b|"
    r"keep .* out|leave out|不要|不出现|不许|别|不用|不直接写|不卖惨|不涉及|taboo|only uses|nothing scary",
    "first_sentence_contains": r"first sentence|第一句",
    "full_width_punctuation": r"全角",
    "haiku": r"haiku|汉俳",
    "hashtags": r"hashtag|@mention|话题",
    "headings": r"heading|小标题",
    "idiom_chain": r"成语接龙",
    "idioms": r"成语",
    "if": r"if you use",
    "in_order": r"order|then|依次|按(这个)?顺序|headed",
    "include_words": r".",
    "indent": r"空两格",
    "json": r"json",
    "language": r"in spanish",
    "last_sentence_contains": r"last sentence|最后一句",
    "latin_share": r"英文",
    "letter": r"letter|信",
    "letter_case": r"lowercase|all caps|title case",
    "letter_count": r"之",
    "line_count": r"line|tweet|行",
    "lipogram": r"without the letter|字都不许出现",
    "list_items": r"list|numbered|bullet|编号|列|项目符号",
    "lyrics": r"verse|主歌",
    "markdown": r"\*\*|引用块",
    "meter": r"iambic|trochaic",
    "names": r".",
    "no_summary": r"summary|moral|conclusion|总结|说教",
    "numbers": r"digits|阿拉伯数字",
    "only_the_work": r"just|nothing|don't explain|only|no commentary|"
    r"只要|只写|直接给|不需要解说|什么都不要写",
    "paragraph_count": r"paragraph|posts|段",
    "placeholders": r"placeholder",
    "plain_text": r"plain text|markdown|纯文字",
    "point_of_view": r"person|人称",
    "postscript": r"p\.?s\b|又及",
    "punctuation": r"exclamation|question mark|punctuation|comma|semicolon|em dash|"
    r"感叹号|问号|标点|破折号|省略号",
    "quote_style": r"curly quotes|直角引号",
    "relative_length": r"times its words",
    "repeats_prompt": r"repeat the question first",
    "rhetorical_devices": r"onomatopoeia|拟人",
    "rhyme": r"rhym|aabb|abab|aaa|押韵|一韵|两行一韵|couplet|limerick",
    "script": r"script|name: |sketch|剧|甲|fork:|rosa:",
    "sections": r"in that order",
    "sentence_count": r"sentence|句",
    "sentence_kind": r"question|问句|问题",
    "similes": r"simile|比喻",
    "stanza_count": r"stanza|quatrain|节",
    "starts_with": r"start|open|begin|开头|画蛇添足.开始",
    "style": r"style|仿",
    "syllables": r"syllables|每行七个字",
    "table": r"table|表格",
    "tense": r"tense|past",
    "title": r"title|headline|标题|题目",
    "tonal_pattern": r"平仄",
    "tone": r"tone|gothic|humorous|自嘲",
    "unique_words": r"没有一个字重复",
    "univocalic": r"no vowel but o",
    "varied_openers": r"start more than|同一个词开头",
    "verse_form": r"sonnet|limerick|villanelle|couplets",
    "versions": r"version|separate|two different|两个",
    "word_count": r"word|字",
    "word_frequency": r"times|twice|once|出现|说三次",
    "wrapped_in_quotes": r"one quotation",
    "wrapped_in_tag": r"tag",
}
"""Per type a pattern over the folded prompt."""
SPELLED = {
    1: r"\bone\b|\ban? (?:\w+ )?question|\bonce\b|\bsingle\b|its own|一",
    2: r"two|twice|couplet|both|pair|两|二",
    3: r"three|thrice|三",
    4: r"four|quatrain|四",
    5: r"five|五",
    6: r"\bsix|六",
    7: r"seven|七",
    8: r"eight|八",
    9: r"nine|九",
    10: r"\bten\b|十",
    12: r"twelve|十二",
    14: r"fourteen",
    15: r"十五",
}
_OWN = (
    "lang",
    "scope",
    "role",
    "weight",
    "share",
    "tolerance",
    "rank",
    "within",
    "when",
    "then",
    "otherwise",
)
_IMPLIED = {"level", "per_line", "run", "feet", "speakers", "verses", "choruses"}


def missing(prompt: str, constraint: Constraint) -> list[str]:
    """What the constraint asks and the prompt does not say."""
    folded = fold(prompt)[0].lower()
    problems = [] if re.search(CUES[constraint.type], folded) else [f"no cue for {constraint.type}"]
    for field in fields(constraint):
        if field.name in _OWN or field.name in _IMPLIED:
            continue
        value = getattr(constraint, field.name)
        if value == field.default:
            continue
        problems += _missing_value(folded, field.name, value)
    return problems


def _missing_value(folded: str, name: str, value: object) -> list[str]:
    """A number or a given phrase that the prompt lacks."""
    texts = {"words", "names", "phrase", "passage", "word", "keys", "letters", "letter", "separator", "tag"}
    if name in texts:
        parts = value if isinstance(value, tuple) else (str(value),)
        return [f"{name}: {part!r}" for part in parts if fold(part)[0].lower() not in folded]
    if isinstance(value, bool) or not isinstance(value, int | float) or value == 0:
        return []
    if isinstance(value, float):
        return (
            []
            if _has(folded, round(value * 100)) or _has(folded, f"{value:g}") or "成" in folded
            else [f"{name}: {value}"]
        )
    near = {value} | ({value + 1} if name == "at_most" else set())
    return [] if any(_has(folded, n) for n in near) else [f"{name}: {value}"]


def _has(folded: str, number: int | str) -> bool:
    """Whether the number stands in the prompt, in digits or spelled."""
    if re.search(rf"(?<![\d.]){re.escape(str(number))}(?!\d|\.\d)", folded.replace(",", "")):
        return True
    return isinstance(number, int) and number in SPELLED and bool(re.search(SPELLED[number], folded))


def reading_of(read: Constraint, asked: Sequence[Constraint]) -> bool:
    """Whether what a rule read is one of the constraints, scope, marker and one more or less aside."""
    numbers, words = _values(read)
    for constraint in asked:
        own_numbers, own_words = _values(constraint)
        if (
            constraint.type == read.type
            and all(any(abs(n - own) <= 1 for own in own_numbers) for n in numbers)
            and all(any(word in own or own in word for own in own_words) for word in words)
        ):
            return True
    return False


def _values(constraint: Constraint) -> tuple[set[float], set[str]]:
    """Numbers and texts of a specification."""
    [spec] = to_specs([constraint])
    values = [spec[key] for key in spec if key not in ("type", "lang", "scope", "marker")]
    flat = [part for value in values for part in (value if isinstance(value, list) else [value])]
    numbers = {float(part) for part in flat if isinstance(part, int | float) and not isinstance(part, bool)}
    return numbers, {part.lower() for part in flat if isinstance(part, str)}


IMPLIED = {
    ("en-essays-no-commas", "word_count"),
    ("en-jokes-dad-jokes-gardening", "list_items"),
    ("en-lyrics-hymn-common-meter", "stanza_count"),
    ("en-poems-couplets-dentist", "verse_form"),
    ("en-poems-mesostic-river", "line_count"),
    ("en-poems-syllable-staircase", "line_count"),
    ("en-poems-villanelle-airport", "line_count"),
    ("en-product-copy-app-release-notes", "list_items"),
    ("en-slogans-bike-repair", "list_items"),
    ("en-slogans-hospice-shop", "list_items"),
    ("en-slogans-museum-of-lost-things", "list_items"),
    ("en-social-posts-thread-lichens", "list_items"),
    ("en-world-building-proverbs-island", "list_items"),
    ("en-world-building-timeline-war-of-bells", "list_items"),
    ("zh-essays-classical-note-milk-tea", "word_frequency"),
    ("zh-lyrics-children-counting", "word_count"),
    ("zh-poems-cangtou-teacher", "word_count"),
    ("zh-poems-cangwei-name", "line_count"),
    ("zh-poems-cangwei-name", "word_count"),
    ("zh-poems-couplet-bookstore", "unique_words"),
    ("zh-poems-couplet-bookstore", "word_count"),
    ("zh-poems-dayou-cat", "word_count"),
    ("zh-poems-no-repeat-moon", "word_count"),
    ("zh-product-copy-insurance-plain", "list_items"),
    ("zh-scripts-short-video-noodles", "include_words"),
    ("zh-slogans-spring-couplet-clinic", "unique_words"),
    ("zh-slogans-spring-couplet-clinic", "word_count"),
}
"""What the rules read that another constraint of the task already says: the lines of a form, the bullets of a
list whose items are counted, 200 words beside "180 to 220"."""
MISREAD = {
    ("en-essays-teenagers-phone", "exclude_words"),
    ("en-lyrics-birthday-dad-abab", "chapters"),
    ("en-memoir-diary-flood", "chapters"),
    ("en-notices-lift-out-of-order", "include_words"),
    ("en-scripts-soap-hospital-twist", "include_words"),
    ("en-stories-train-strangers-keywords", "sentence_count"),
    ("zh-lyrics-factory-night", "paragraph_count"),
    ("zh-lyrics-last-metro", "paragraph_count"),
    ("zh-memoir-corner-quotes-uncle", "sentence_count"),
    ("zh-notices-museum-label-oracle-bone", "point_of_view"),
    ("zh-stories-taxi-umbrella", "sentence_count"),
    ("zh-stories-three-chapters-reservoir", "starts_with"),
}
"""What the rules read and the prompt does not ask: "more than 3 sentences" out of "don't start more than 3
sentences with the same word"."""
