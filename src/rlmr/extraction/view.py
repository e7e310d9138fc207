"""A prompt as the rules see it: folded, with what is quoted put out of sight.

Rules read `masked`, in which every quoted or fenced stretch is a run of NUL between its marks: a forbidden
word in quotation marks matches a rule for forbidden words, and instructions inside a quoted example match
none. Offsets of `masked` lead back to the prompt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from rlmr import text as txt
from rlmr.text import Span

HIDDEN = "\0"
QUOTED = "[\"'「『《`]\0{1,4000}[\"'」』》`]"
"""Pattern of one quoted stretch in `View.masked`."""
JOIN = r"(?:[ \n]{0,2}(?:[,、;/&+]|and|or|nor|和|与|或者|或|及|以及)?){0,3}"
"""Pattern of what stands between them."""
QUOTES = rf"{QUOTED}(?:{JOIN}{QUOTED}){{0,40}}"
"""Pattern of quoted stretches in a row: 'a', 'b' and 'c'."""
BREAK = re.compile(
    r"(?<!\bmax)(?<!\bmin)(?<!\bapprox)\.(?=\s|$|[^\x00-\x7f])|[!?;](?=\s|$|[^\x00-\x7f])|[\n。！？；]"
)
"""Where a clause ends."""

_HIDE = re.compile(
    r"```[^`]{0,4000}+```"
    r"|`[^`\n]{1,200}+`|\"[^\"\n]{1,2000}+\""
    r"|「[^「」\n]{1,2000}+」|『[^『』\n]{1,2000}+』|《[^《》\n]{1,200}+》"
    r"|(?<![\w\"])'(?:[^'\n]|'(?=[a-z])){1,80}?'(?![a-z])"
)


@dataclass(frozen=True)
class View:
    """One prompt, folded (case, width, script and shape of quotes set aside) and masked."""

    prompt: str
    """As it was given."""

    @cached_property
    def folded(self) -> txt.Folded:
        """The folded prompt and where its characters came from."""
        return txt.fold(self.prompt.replace("`", "\x01"))

    @cached_property
    def masked(self) -> str:
        """The folded prompt with NUL in place of what is quoted, its marks kept.

        >>> View('Say "hi" twice.').masked
        'say "\\x00\\x00" twice.'
        """
        folded = self.folded[0].replace("\x01", "`")
        return _HIDE.sub(lambda m: m[0][0] + HIDDEN * (len(m[0]) - 2) + m[0][-1], folded)

    def origin(self, span: Span) -> Span:
        """A span of `masked` as a span of the prompt.

        >>> View("“Ａ\\u200bbc”").origin((1, 3))
        (1, 4)
        """
        origins = self.folded[1]
        return span if origins is None else (origins[span[0]], origins[span[1]])

    def said(self, span: Span) -> str:
        """The prompt's own characters of a span of `masked`."""
        start, end = self.origin(span)
        return self.prompt[start:end]

    def quoted(self, span: Span) -> tuple[str, ...]:
        """What stands between quotation marks inside a span of `masked`, in order, each once.

        >>> view = View("use 'Fox' and 'Owl'")
        >>> view.quoted((0, len(view.masked)))
        ('Fox', 'Owl')
        """
        inside = [(m.start() + 1, m.end() - 1) for m in _QUOTED.finditer(self.masked[slice(*span)])]
        texts = (self.said((span[0] + a, span[0] + b)).strip(_EDGE) for a, b in inside)
        return tuple(dict.fromkeys(text for text in texts if text))

    def before(self, position: int, most: int = 48) -> str:
        """The end of the clause that leads up to a position of `masked`: at most `most` characters."""
        part = self.masked[max(0, position - most) : position]
        breaks = [m.end() for m in BREAK.finditer(part)]
        return part[breaks[-1] :] if breaks else part

    def after(self, position: int, most: int = 40) -> str:
        """The start of what follows a position of `masked`, up to the clause's end."""
        part = self.masked[position : position + most]
        found = BREAK.search(part)
        return part[: found.start()] if found else part


_QUOTED = re.compile(QUOTED)
_EDGE = " \n\t,;，；、"
