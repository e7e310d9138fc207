"""Instructions on the number of words, sentences and paragraphs."""

from __future__ import annotations

import re

from rlmr.constraints.ifeval.sentences import count_sentences

_WORD = re.compile(r"\w+")
_DIVIDER = re.compile(r"\s?\*\*\*\s?")
_AFTER_FIRST_WORD = re.compile(r"[.,?!'\"]")


def relates(count: int, relation: str, limit: int) -> bool:
    """Whether `count` is "at least" or "less than" `limit`.

    >>> relates(2, "less than", 2)
    False
    """
    return count < limit if relation == "less than" else count >= limit


def number_words(response: str, *, relation: str, num_words: int) -> bool:
    r"""At least, or less than, `num_words` runs of `\w`.

    Defects kept: `don't` is two words, a Chinese clause is one, an underscore is a word.

    >>> number_words("Don't run.", relation="at least", num_words=3)
    True
    """
    return relates(len(_WORD.findall(response)), relation, num_words)


def number_sentences(response: str, *, relation: str, num_sentences: int) -> bool:
    """At least, or less than, `num_sentences` sentences: see `count_sentences` for its defects.

    >>> number_sentences("It rained. He ran.", relation="less than", num_sentences=2)
    False
    """
    return relates(count_sentences(response), relation, num_sentences)


def number_paragraphs(response: str, *, num_paragraphs: int) -> bool:
    r"""Exactly `num_paragraphs` parts between `***`; only the first and the last part may be blank.

    Defects kept: `***` inside a line divides too, so bold italics (`***word***`) make three paragraphs.

    >>> number_paragraphs("one\n***\ntwo", num_paragraphs=2)
    True
    """
    first, *rest = (part.strip() for part in _DIVIDER.split(response))
    if not all(rest[:-1]):
        return False
    return bool(first) + len(rest) - (rest[-1:] == [""]) == num_paragraphs


def nth_paragraph_first_word(
    response: str, *, num_paragraphs: int, nth_paragraph: int, first_word: str
) -> bool:
    r"""Exactly `num_paragraphs` paragraphs between blank lines, and the given first word in one of them.

    `nth_paragraph` counts from 1; the word is compared in lower case, up to its first `.,?!'"`.
    Defects kept: blank paragraphs do not count, but they do hold a place, so the n-th is looked up in the
    unfiltered list; a blank line with a space in it divides nothing.

    >>> text = "It ran.\n\nElm, said I."
    >>> nth_paragraph_first_word(text, num_paragraphs=2, nth_paragraph=2, first_word="elm")
    True
    """
    parts = response.split("\n\n")
    filled = sum(not part.isspace() and part != "" for part in parts)
    words = parts[nth_paragraph - 1].split(maxsplit=1) if nth_paragraph <= filled else []
    if filled != num_paragraphs or not words:
        return False
    word = words[0].lstrip("'").lstrip('"')
    return _AFTER_FIRST_WORD.split(word, maxsplit=1)[0].lower() == first_word.lower()
