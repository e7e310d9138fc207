"""Rules on forms of verse."""

from __future__ import annotations

import re

from rlmr.constraints.types.verse.tunes import TUNES
from rlmr.extraction.lists import listed
from rlmr.extraction.numbers import NUMBER, read_number
from rlmr.extraction.rule import Hit, Rule, Spec, rule
from rlmr.extraction.rules.fragments import NOT_TOPIC, WRITE_ZH
from rlmr.extraction.view import QUOTED

_A = r"\b(?:an?|one|as an?|only) (?:[\w',-]{1,20} ){0,4}?"

_NOT_HEAD = r"(?! (?:writers?|masters?|poets?|experts?|contest|books?|generator))\b"

_SCHEME = r"[a-gx](?:[ -]?[a-gx]){1,19}"


def _scheme(hit: Hit) -> Spec | None:
    """A rhyme scheme whose letters come up in order; other words are none (face, bead)."""
    said = "".join(hit.quoted()) if hit["q"] else hit["s"] or hit["s2"]
    letters = re.sub(r"[^a-z]", "", said.lower())
    fresh = list(dict.fromkeys(letters.replace("x", "")))
    if (
        len(letters) < 2
        or fresh != [chr(ord("a") + i) for i in range(len(fresh))]
        or len(fresh) == len(letters)
    ):
        return None
    return {"type": "rhyme", "scheme": letters.upper().replace("X", "x")}


def _stanzas(hit: Hit) -> Spec | None:
    """So many stanzas of so many lines."""
    count, lines = read_number(hit["n"]), read_number(hit["m"] or hit["k"] or "none")
    return (
        {"type": "stanza_count", "at_least": count, "at_most": count, "lines": lines}
        if count and lines
        else None
    )


def _acrostic(hit: Hit) -> Spec | None:
    """The word of an acrostic."""
    words = hit.quoted() if hit["q"] else listed(hit, "w", words=1)
    unit = next((unit for unit in ("sentence", "paragraph") if unit in hit.match[0]), "line")
    letters = "".join(c for c in "".join(words) if c.isalpha())
    if not letters:
        return None
    spec: Spec = {"type": "acrostic", "word": letters}
    spec |= {} if unit == "line" else {"unit": unit}
    return {**spec, "position": "last"} if "藏尾" in hit.match[0] else spec


def _chinese_verse(hit: Hit) -> Spec:
    """绝句 and 律诗 by their names in both languages."""
    said = hit["f"]
    first = "五言" if said[0] in "五f5" else "七言"
    return {
        "type": "chinese_verse",
        "form": first + ("律诗" if re.search("律|regulated|lü", said) else "绝句"),
    }


def _tune(hit: Hit) -> Spec | None:
    """A 词牌 that has a table of clause lengths, wherever it stands in the match."""
    said = hit.view.folded[0][slice(*hit.match.span())]
    return next(({"type": "ci_tune", "tune": tune} for tune in TUNES if tune in said), None)


VERSE: tuple[Rule, ...] = (
    rule("haiku", "haiku", rf"(?:{_A}|^\W{{0,3}})haiku{_NOT_HEAD}", {"type": "haiku"}),
    rule(
        "limerick",
        "limerick",
        rf"(?:{_A}|^\W{{0,3}}|in the form of )limerick{_NOT_HEAD}",
        {"type": "verse_form", "form": "limerick"},
    ),
    rule(
        "villanelle",
        "villanelle",
        rf"(?:{_A}|^\W{{0,3}})villanelle{_NOT_HEAD}",
        {"type": "verse_form", "form": "villanelle"},
    ),
    rule(
        "sonnet",
        "sonnet",
        rf"(?:{_A}|^\W{{0,3}}|\b)(?P<k>shakespearean |elizabethan |english |petrarchan |"
        rf"italian )?(?:love )?sonnet{_NOT_HEAD}",
        lambda hit: {
            "type": "verse_form",
            "form": {
                "s": "shakespearean_",
                "e": "shakespearean_",
                "p": "petrarchan_",
                "i": "petrarchan_",
            }.get(hit["k"][:1], "")
            + "sonnet",
        },
    ),
    rule(
        "couplets",
        "couplets",
        r"\b(?:rhyming|rhymed|heroic) couplets\b|\bcouplets that rhyme\b",
        {"type": "verse_form", "form": "rhyming_couplets"},
    ),
    rule(
        "stanzas of lines",
        "stanza",
        rf"\b(?P<n>{NUMBER}) (?:(?P<m>{NUMBER})[- ]line )?stanzas?\b(?:,? (?:of|with|each "
        rf"(?:of|with|having|containing)|having) (?P<k>{NUMBER}) lines\b(?: each)?)?",
        _stanzas,
    ),
    rule("诗节", "节", rf"(?P<n>{NUMBER})个?诗?节(?:诗)?，?每节(?:有|为|共)?(?P<k>{NUMBER})行", _stanzas),
    rule(
        "rhyme scheme",
        "rhyme scheme|rhyming scheme|rhyme pattern",
        rf"\brhym(?:e|ing) (?:scheme|pattern)(?: of| is| as|:| {{0,1}}should be| must be|"
        rf" like| pattern| that is){{0,2}} ?(?:\(|the )?(?:(?P<q>{QUOTED})|"
        rf"(?P<s>{_SCHEME})\b)",
        _scheme,
    ),
    rule(
        "abab rhyme",
        "rhym",
        rf"(?:(?P<q>{QUOTED})|\b(?P<s>{_SCHEME})) (?:alternate |end[- ])?rhym(?:e|ing)\b"
        rf"|\brhymes?(?: scheme)? ?[\[(](?P<s2>{_SCHEME})[\])]",
        _scheme,
    ),
    rule(
        "韵式",
        "韵",
        r"(?:韵式|押韵(?:格式|方式)?|韵脚(?:格式)?)(?:为|是|采用|按|[:：])?(?:"
        rf"(?P<q>{QUOTED})|(?P<s>{_SCHEME}))",
        _scheme,
    ),
    rule(
        "acrostic",
        "acrostic",
        r"\bacrostic(?: poem| story)?(?: for| of| on| using| with| from| spelling"
        r"(?: out)?| that spells(?: out)?| based on| about)(?: the| my)?(?: word| name|"
        rf" phrase| letters?){{0,2}}:? ?(?:(?P<q>{QUOTED})|(?P<w>[a-z]{{2,20}})"
        r"(?=[ ]?[.,!?;\n]|$))",
        _acrostic,
    ),
    rule(
        "spells",
        "spell",
        rf"\bfirst letters? of (?:each|every|the)(?: \w{{1,12}})? ?(?:lines?|sentences?|"
        rf"paragraphs?)(?: \w{{1,12}}){{0,3}}? spells?(?: out)?(?: the word| the name)? ?"
        rf"(?:(?P<q>{QUOTED})|(?P<w>[a-z]{{2,20}})\b)",
        _acrostic,
    ),
    rule("藏头", "藏头|藏尾", rf"(?:(?P<q>{QUOTED})[^，。\n\0]{{0,8}}藏[头尾]诗?)", _acrostic),
    rule("藏头：", "藏头|藏尾", rf"藏[头尾]诗?[^，。\n\0]{{0,12}}(?P<q>{QUOTED})", _acrostic),
    rule(
        "绝句律诗",
        "五绝|七绝|五律|七律|绝句|律诗",
        rf"(?:{WRITE_ZH}|首|用|以|为|[:：]|按|体裁|形式|格式)[^，。\n\0]{{0,12}}?"
        rf"(?P<f>[五七](?:言(?:绝句|律诗)|绝(?!句)|律(?!诗)))(?:诗)?{NOT_TOPIC}",
        _chinese_verse,
    ),
    rule(
        "regulated verse",
        "character",
        r"\b(?P<f>(?:five|seven|5|7)[- ]character(?: (?:regulated verse|lüshi|quatrain|"
        r"jueju)))\b(?: ?\([^)\n]{1,20}\))?",
        _chinese_verse,
    ),
    rule(
        "词牌",
        "词牌",
        rf"词牌名?(?:为|是|用|[:：])?(?:(?P<q>{QUOTED})|(?P<t>{'|'.join(TUNES)}))|(?:以|用)"
        rf"(?:(?:{QUOTED})|(?:{'|'.join(TUNES)}))为词牌",
        _tune,
    ),
    rule("填词", "|".join(TUNES), rf"(?:填|写|作)(?:一)?[首阕](?P<t>{'|'.join(TUNES)})", _tune),
    rule(
        "对联",
        "联",
        rf"{WRITE_ZH}[^，。\n\0]{{0,10}}?(?:对联|春联|楹联|喜联|挽联|寿联|婚联){NOT_TOPIC}",
        {"type": "couplet"},
    ),
    rule("成语接龙", "成语接龙", r"成语接龙", {"type": "idiom_chain"}),
    rule("俳句", "俳句", rf"(?:{WRITE_ZH}|首)[^，。\n\0]{{0,10}}?俳句{NOT_TOPIC}", {"type": "haiku"}),
    rule(
        "不重字",
        "不重|重复",
        r"不重字|(?:每个?字不[能可得]?重复|不[能可得要]有重复的?字)",
        {"type": "unique_words"},
        negatable=False,
    ),
    rule(
        "meter",
        "iambic|trochaic|anapestic|dactylic",
        r"\b(?P<f>iambic|trochaic|anapestic|dactylic) (?P<n>di|tri|tetra|penta|hexa)meter\b",
        lambda hit: {
            "type": "meter",
            "foot": hit["f"],
            "feet": {"di": 2, "tri": 3, "tetra": 4, "penta": 5, "hexa": 6}[hit["n"]],
        },
    ),
)
"""Forms of verse."""
