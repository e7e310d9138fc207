"""The same choice, made easy or hard: what a reward model pays for beside what the text says.

RM-Bench's idea (Liu et al., arXiv 2410.16184): keep what the two texts say and change how they are dressed.
Here dress is length, which every reader can see to be empty: the padded text gets sentences that say nothing,
the cut one loses its last sentences. In `hard` the rejected text is padded and the chosen one cut, in `easy`
the other way round, and `normal` is untouched. A model that falls from easy to hard is paid by the yard. In
`echo` the rejected text first repeats its prompt: a model that falls there pays for copying. In `stub` it is
its first sentence alone: a model that falls there, as one whose taste for length was taken out too thoroughly
may, is bought with next to nothing.
"""

from __future__ import annotations

from typing import Literal

from rlmr.data import prompt_text
from rlmr.rewards.preferences import Preference
from rlmr.text import count_hanzi, count_words, sentences

Level = Literal["easy", "normal", "hard", "echo", "stub"]

FILLER = {
    "en": (
        "And so it was, as such things are.", "There was more to it than that, and also less.",
        "It went on in this way for a while.", "That is how it happened, more or less.",
        "One thing followed another, as things do.",
        "It could be said in many ways, and this was one of them.",
    ),
    "zh": (
        "事情就是这样，大概如此。", "话也可以换一种说法，意思差不多。", "就这样过了一阵子。",
        "一件事接着一件事，向来如此。", "总之，情形大致就是这样。",
    ),
}  # fmt: skip
"""Sentences that say nothing."""

PADDED, CUT = 1.3, 0.75
"""Length of the padded text as a multiple of the longer of the two, and of the cut text as a share of its
own."""


def pad(text: str, words: int) -> str:
    """`text` with empty sentences behind it until it has `words` words or more; longer texts are left as they
    are.

    >>> pad("The fox ran.", 8)
    'The fox ran. And so it was, as such things are.'
    """
    filler = FILLER["zh" if count_hanzi(text) * 2 > count_words(text) else "en"]
    space = "" if filler is FILLER["zh"] else " "
    count, i = count_words(text), 0
    while count < words:
        text += space + filler[i % len(filler)]
        count += count_words(filler[i % len(filler)])
        i += 1
    return text


def cut(text: str, share: float = CUT) -> str:
    """The first sentences of `text`, as many as fit in `share` of its words; at least one.

    >>> cut("The fox ran. The hen sat. The owl flew. The end.")
    'The fox ran. The hen sat.'
    """
    spans = sentences(text)
    limit, end, count = share * count_words(text), 0, 0
    for start, stop in spans:
        count += count_words(text[start:stop])
        if end and count > limit:
            break
        end = stop
    return text[:end] if spans else text


def variant(pair: Preference, level: Level) -> tuple[str, str]:
    """The chosen and the rejected text at a level.

    >>> variant(Preference("Write of foxes.", "A fox ran.", "A hen sat."), "echo")
    ('A fox ran.', 'Write of foxes. A hen sat.')
    >>> variant(Preference("", "A fox ran. It hid.", "A hen sat. It slept."), "stub")
    ('A fox ran. It hid.', 'A hen sat.')
    """
    if level == "normal":
        return pair.chosen, pair.rejected
    if level == "stub":
        return pair.chosen, cut(pair.rejected, 0.0)
    if level == "echo":
        return pair.chosen, f"{prompt_text(pair.prompt)} {pair.rejected}".strip()
    target = round(PADDED * max(count_words(pair.chosen), count_words(pair.rejected)))
    if level == "hard":
        return cut(pair.chosen), pad(pair.rejected, target)
    return pad(pair.chosen, target), cut(pair.rejected)
