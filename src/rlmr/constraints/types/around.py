"""What stands around the work: nothing, a postscript, the repeated request."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from rlmr import text as txt
from rlmr.constraints.base import Constraint, Verdict
from rlmr.constraints.errors import ConstraintError

_PREAMBLE = re.compile(
    r"(?:sure|certainly|of course|absolutely|okay|ok|great|here(?:'s| is| are)|below (?:is|are|you)|"
    r"the following is|"
    r"i(?:'ve| have) (?:written|crafted|composed|created)|i(?:'d| would) be (?:happy|glad)|"
    r"i(?:'m| am) (?:happy|glad) to|i hope|"
    r"let me|"
    r"as (?:an ai|requested)|thank you for|好的|当然|没问题|以下是|下面是|这是(?:一[篇首个则封]|我为你|为您)|"
    r"根据(?:您|你)的(?:要求|需求)|作为(?:一个|一名)?(?:ai|人工智能)|很高兴为|我(?:来|将)?(?:为|给)(?:您|你))"
)
_ANNOUNCED = re.compile(
    r"(?:here|below|i(?:'m| am) (?:happy|glad) to help|sure|certainly|of course|好的|当然|以下).*"
    r"(?:poem|story|haiku|letter|essay|piece|version|script|"
    r"song|text|诗|故事|文章|作品|信|文)"
)
_REMARK = re.compile(
    r"(?:i hope (?:this|you)|(?:please )?let me know|feel free to|would you like me|"
    r"if you(?:'d| would) like|(?:note|explanation|analysis|commentary):|"
    r"\(?(?:word|character|line|sentence) count|this (?:story|poem|piece|text|letter|version|haiku) "
    r"(?:is|has|uses|follows|meets|contains|captures|explores)|希望(?:这|您|你|能|对)|"
    r"如(?:果|需|有)(?:您|你|需要|要|任何)|(?:需要|要不要)我|(?:全文|字数)[^，。\n]{0,6}[:：约共]|注[:：]|"
    r"以上(?:就是|是|内容)|这[篇首个则封](?:故事|诗|文章|作品|信|小说|散文|对联))"
)
_SUMMARY = re.compile(
    r"[\"'*_ ]*(?:and )?(?:so,? )?(?:"
    r"in (?:conclusion|summary|short|the end,? this (?:story|tale))|to (?:sum up|summari[sz]e|conclude)|"
    r"all in all|overall,|ultimately,|the moral of|(?:the )?moral:|"
    r"this (?:story|tale|poem) (?:shows|teaches|reminds|is a reminder|serves)|"
    r"总之|总而言之|综上|总的来说|由此可见|这个故事(?:告诉|说明|提醒|启示)|一言以蔽之)"
)


@dataclass(frozen=True, slots=True)
class OnlyTheWork(Constraint):
    """Nothing but the work: no preamble ("Sure, here is ...", 好的，以下是), no remark behind it.

    By form: the first line or paragraph opens like an answer to a request and ends with a colon, or the last
    paragraph opens like a remark to the reader ("I hope this", "Word count", 希望这, 字数：).
    Source: CFBench (不要解释), nobody's program. A story that opens with "Sure" passes: a preamble ends with
    a colon or stands alone before a divider.

    >>> OnlyTheWork().check("Sure! Here is a poem:\\n\\nRain.").reason
    'preamble'
    """

    type: ClassVar[str] = "only_the_work"

    def describe(self) -> str:
        """What to leave out."""
        if self.lang == "zh":
            return "只输出作品本身，不要任何说明或解释。"
        return "Output only the work itself, without any introduction or remark."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Look at both ends."""
        found = txt.blocks(text)
        spans = []
        reasons = []
        line = next(iter(txt.lines(text)))
        if _is_preamble(text[slice(*line)], followed=len(found) > 1):
            spans.append(line)
            reasons.append("preamble")
        last = found[-1]
        opening = txt.fold(text[last[0] : last[0] + 200])[0].lstrip("*_([（【#- ")
        if len(found) > 1 and _REMARK.match(opening):
            spans.append(last)
            reasons.append("closing remark")
        return self.verdict(not spans, len(spans), "only the work itself", spans, ", ".join(reasons))


@dataclass(frozen=True, slots=True)
class NoSummary(Constraint):
    """The last paragraph is no summary or moral: it does not open with, or consist of, a formula of one.

    Source: CFBench (回答不要总结). Looked at are the starts of the last paragraph's sentences.

    >>> NoSummary().check("It ran.\\n\\nIn conclusion, it was fast.").passed
    False
    """

    type: ClassVar[str] = "no_summary"

    def describe(self) -> str:
        """What to leave out."""
        return "结尾不要总结或说教。" if self.lang == "zh" else "Do not end with a summary or a moral."

    def decide(self, text: str, prompt: str) -> Verdict:
        """Look at the last paragraph's sentences."""
        start, end = txt.paragraphs(text)[-1]
        folded, origins = txt.fold(text[start:end])
        spans = [span for span in txt.sentences(folded) if _SUMMARY.match(folded, span[0])]
        if origins is not None:
            spans = [(origins[a], origins[b]) for a, b in spans]
        spans = [(a + start, b + start) for a, b in spans]
        return self.verdict(
            not spans, len(spans), "no summary at the end", spans, "a summary" if spans else ""
        )


def _is_preamble(line: str, *, followed: bool) -> bool:
    """Whether a first line announces the work: it opens like an answer, and ends with a colon or alone."""
    folded = txt.fold(line[:400])[0].strip("*_#> ")
    if not _PREAMBLE.match(folded):
        return False
    return folded.endswith((":", "：")) or (followed and _ANNOUNCED.match(folded) is not None)


_POSTSCRIPT = re.compile(
    r"^[ \t\u3000*-]*(?:p\.?[ ]?(?:p\.?[ ]?)?s\b\.?|又及|附言|另[：:])", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Postscript(Constraint):
    """A line in the second half, or in the last paragraph, opens with `P.S.` (又及, 附言) and says something.

    Source: IFEval `detectable_content:postscript`, which accepts it anywhere. A text above is asked.

    >>> Postscript().check("I am well.\\n\\nP.S. Bring tea.").passed
    True
    """

    type: ClassVar[str] = "postscript"

    def describe(self) -> str:
        """The postscript."""
        return (
            "末尾加一段“又及”。" if self.lang == "zh" else "Add a postscript starting with P.S. at the end."
        )

    def decide(self, text: str, prompt: str) -> Verdict:
        """Look at the second half's lines, and the last paragraph's."""
        last = next(iter(txt.paragraphs(text)[-1:]), (0, len(text)))
        found = [m.span() for m in _POSTSCRIPT.finditer(text, min(max(0, last[0] - 1), len(text) // 2))]
        passed = bool(found) and txt.has_words(text[found[-1][1] :]) and txt.has_words(text[: found[0][0]])
        return self.verdict(
            passed, len(found), "a postscript at the end", found, "" if passed else "no postscript"
        )


@dataclass(frozen=True, slots=True)
class RepeatsPrompt(Constraint):
    """The text first repeats the request, word for word, then goes on.

    Source: IFEval `combination:repeat_prompt`. Case, width and spaces aside.

    >>> RepeatsPrompt("Write a poem.").check("Write a poem.\\n\\nThe sea").passed
    True
    """

    type: ClassVar[str] = "repeats_prompt"
    passage: str
    """What has to be repeated."""

    def validate(self) -> None:
        """Refuse an empty passage."""
        if not txt.has_words(self.passage):
            raise ConstraintError(f"{self.passage!r} is not allowed; a passage holds a word", "passage")

    def describe(self) -> str:
        """The request to repeat."""
        if self.lang == "zh":
            return f"先原样重复“{self.passage}”，再作答。"
        return f'First repeat "{self.passage}" word for word, then answer.'

    def decide(self, text: str, prompt: str) -> Verdict:
        """Compare the opening, then look for an answer behind it."""
        wanted, given = (" ".join(txt.fold(t)[0].split()) for t in (self.passage, text))
        opened = given.startswith(wanted)
        answered = opened and txt.has_words(given[len(wanted) :])
        reason = "" if answered else "no answer behind it" if opened else "the request is not repeated first"
        return self.verdict(answered, int(opened), "repeats the request first", (), reason)
