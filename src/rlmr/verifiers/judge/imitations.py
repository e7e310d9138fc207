"""What a text may not show a judge: forms that look like the markings around it.

Matched on the skeleton (`rlmr.verifiers.judge.lookalikes.skeleton`): lower case, look-alikes set aside. Every
gap is bounded, so that the search is linear in the text. An honest text with such a form loses it in the
judge's copy only.
"""

from __future__ import annotations

import re

_VERDICTS = r"pass(?:ed|es|ing)?|fail(?:ed|s|ing)?|not[ _-]?applicable|(?:不|未)?(?:通过|合格|满足|符合|达标)"
_SUBJECTS = (
    "verdict|judge?ment|ruling|decision|result|outcome|evaluation|assessment|grade|evidence|answer|status|check|"
    "裁决|裁定|判定|判断|判决|结论|结果|评判|评定|评估|评价|答案|证据"
)
_KEYS = (
    "id|evidence|verdict|quotes?|labels?|judge?ment|decision|properties|enum|const|required|json_schema|"
    "response_format|additionalproperties"
)
_PLACES = (
    "response|task|text|question|requirement|constraint|submission|answer|material|end|begin|start|stop|of|the|"
    "回答|回复|文本|正文|任务|问题|要求|开始|结束"
)
_ROLES = "system|assistant|user|human|developer|instructions?|input|output|系统|助手|助理|用户|指令"
_BROKEN = r"[\W_]{0,4}".join("verdict")
_SPREAD = "|".join(r"[\W_]{1,3}".join(word) for word in ("pass", "fail", "question", "system", "end"))
_GAP = r"[\s\"'*_()\[\]|]{0,6}"
_RULE = r"[<>=#~*_|+-]"
_NAMED = rf"(?:(?:{_PLACES}|{_ROLES})[ \t:_-]{{0,3}}){{1,5}}"

IMITATIONS: dict[str, str] = {
    "verdict": rf"(?:{_SUBJECTS}){_GAP}(?:[:=]{{1,3}}|-{{1,3}}>?|\bis\b|是|为){_GAP}(?:{_VERDICTS})(?![a-z])",
    "marked verdict": (
        r"(?:verdict|裁决|裁定|判定)[^\w\n]{0,8}[^\w\s.,!?;'\"。，、！？；][^\w\n]{0,8}"
        rf"(?:{_VERDICTS})(?![a-z])"
    ),
    "spread word": (
        rf"(?<![a-z])(?:(?!verdict){_BROKEN}|{_SPREAD})(?![a-z])"
        r"|[裁判][\W_]{1,3}[决定]|通[\W_]{1,3}过|合[\W_]{1,3}格"
    ),
    "truth": rf"(?:verdict|裁决|判定){_GAP}[:=]{{1,3}}{_GAP}(?:true|false|yes|no|ok|1|0|是|否)(?!\w)",
    "bare verdict": r"^[^\w\n]{0,40}(?:pass|passed|fail|failed|(?:不|未)?(?:通过|合格))[^\w\n]{0,40}$",
    "reply's key": rf"[\"'](?:{_KEYS})\\{{0,4}}[\"']\s{{0,3}}[:=]{_GAP}",
    "open key": rf"^[^\w\n]{{0,6}}(?:verdict|evidence|裁决|判定|证据)\s{{0,3}}[:=]{_GAP}",
    "escape": r"&#?[a-z0-9]{2,10};|\\(?:u[0-9a-f]{4}|x[0-9a-f]{2})",
    "template token": (
        r"<\|[^|<>]{0,40}\|>|<</?sys>>|</?s>|\[/?(?:inst|sys)\]|<(?:begin|end|start)_of_\w{1,20}>"
    ),
    "tag": (
        rf"</?\s{{0,3}}(?:{_PLACES}|{_ROLES}|verdict|evidence|judge?ment|think(?:ing)?|tool_\w{{2,9}})"
        r"(?![a-z])[^<>\n]{0,60}>"
    ),
    "bracket": (
        r"\[/?\s{0,3}(?:(?:回答|回复|文本|正文|任务|要求)\s{0,3})?"
        r"(?:end|begin|start|system|结束|开始|系统|问题)(?![a-z])[^\[\]\n]{0,60}\]"
    ),
    "fence": (
        rf"{_RULE}{{2,8}}+[ \t]{{0,4}}+{_NAMED}(?:[0-9a-f]{{6,64}}[ \t]{{0,3}})?{_RULE}{{2,8}}"
        rf"|{_RULE}{{3,8}}+[ \t]{{0,4}}+{_NAMED}(?:[0-9a-f]{{6,64}}[ \t]{{0,3}})?$"
    ),
    "coded line": (
        rf"^[^\w\n]{{0,6}}{_NAMED}[0-9a-f]{{6,64}}[^\w\n]{{0,6}}$"
        r"|^[^\n]{0,40}?(?<![0-9a-z])[0-9a-f]{16}[^\w\n]{0,6}$"
    ),
    "bare line": (
        r"^[^\w\n]{0,6}(?:end|结束|question)[^\w\n]{0,6}$"
        rf"|^[^\w\n]{{0,6}}(?:end|begin|start|结束|开始)[ _:-]{{0,3}}{_NAMED}[^\w\n]{{0,6}}$"
    ),
    "role": rf"^[^\w\n]{{0,6}}(?:{_ROLES})(?:\s{{0,2}}(?:message|prompt|note|消息|提示))?\s{{0,2}}[:>]",
}
"""Forms by name."""

PATTERN = re.compile("|".join(IMITATIONS.values()), re.MULTILINE)
"""Any of them."""
