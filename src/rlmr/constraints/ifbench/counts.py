"""Instructions that count words, names and marks."""

from __future__ import annotations

import re

from rlmr.constraints.ifbench.lists import CONJUNCTIONS, PERSON_NAMES, PRONOUNS
from rlmr.constraints.ifbench.tokens import PUNCTUATION, letter_runs, strip_punctuation, treebank_tokens

_NUMBER = re.compile(r"\d+")
_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_TIMES = (1, 2, 3, 5, 7)


def word_count_range(response: str, *, min_words: float, max_words: float) -> bool:
    """Between `min_words` and `max_words` runs of letters, both included; `don't` is two words.

    >>> word_count_range("I don't know.", min_words=4, max_words=4)
    True
    """
    return min_words <= len(letter_runs(response)) <= max_words


def unique_word_count(response: str, *, N: float) -> bool:
    """At least `N` different words by white space, in small letters. Defect kept: a lone mark is a word.

    >>> unique_word_count("Run, run - away!", N=3)
    True
    """
    return len({word.strip(PUNCTUATION) for word in response.lower().split()}) >= N


def conjunctions(response: str, *, small_n: float) -> bool:
    """At least `small_n` different ones of and, but, for, nor, or, so, yet.

    Defect kept: what differs in case or in the marks around it is different ("and", "And", "and,").

    >>> conjunctions("And and and,", small_n=3)
    True
    """
    return (
        len({word for word in response.split() if word.strip(PUNCTUATION).lower() in CONJUNCTIONS}) >= small_n
    )


def person_names(response: str, *, N: float) -> bool:
    """At least `N` different names of the list of 50, as whole words. Defect kept: a list of them will do.

    >>> person_names("Emma, Liam and Emmanuel", N=2)
    True
    """
    return len(PERSON_NAMES.intersection(letter_runs(response))) >= N


def numbers(response: str, *, N: float) -> bool:
    """Exactly `N` runs of digits once ASCII punctuation is gone. Defects kept: `1-2` is one, `A4` has one.

    >>> numbers("In 1,000 days, not 3.5 years", N=2)
    True
    """
    return len(_NUMBER.findall(strip_punctuation(response))) == N


def pronouns(response: str, *, N: float) -> bool:
    """At least `N` personal, possessive or reflexive pronouns, repeated ones too.

    >>> pronouns("It's mine, she/he said.", N=4)
    True
    """
    return sum(token in PRONOUNS for token in treebank_tokens(response.replace("/", " ").lower())) >= N


def punctuation(response: str) -> bool:
    """An interrobang (`?!`, `!?` or `‽`), and each of . , ! ? ; : beside it.

    >>> [punctuation(text) for text in ("What?! Yes, so: a; b. Go! Why?", "What?! Yes, so: a; b.")]
    [True, False]
    """
    if "?!" in response:
        response = response.replace("?!", "", 1)
    elif "!?" in response:
        response = response.replace("!?", "", 1)
    elif "‽" not in response:
        return False
    return all(mark in response for mark in ".,!?;:")


def keywords_multiple(
    response: str, *, keyword1: str, keyword2: str, keyword3: str, keyword4: str, keyword5: str
) -> bool:
    """The keywords stand once, twice, three, five and seven times, whatever their case.

    >>> five = {f"keyword{index}": word for index, word in enumerate("abcde", start=1)}
    >>> keywords_multiple("a bb ccc ddddd eeeeeee", **five)
    True
    """
    text = response.lower()
    keywords = (keyword1, keyword2, keyword3, keyword4, keyword5)
    return all(
        text.count(keyword.strip().lower()) == times for keyword, times in zip(keywords, _TIMES, strict=True)
    )


def words_japanese(response: str, *, N: float) -> bool:
    """Every `N`th word by white space holds a kana or a hanzi, or is a number or a mark.

    Defects kept: Chinese is Japanese; a text of fewer than `N` words passes.

    >>> [words_japanese(text, N=2) for text in ("the 狐 ran", "the fox", "fox")]
    [True, False, True]
    """
    for word in response.split()[int(N) - 1 :: int(N)]:
        bare = word.strip(PUNCTUATION)
        if bare and not bare.isdigit() and not _JAPANESE.search(bare):
            return False
    return True
