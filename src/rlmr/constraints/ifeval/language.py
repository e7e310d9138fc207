"""The three instructions that guess the response's language."""

from __future__ import annotations

from functools import lru_cache

from langdetect import LangDetectException  # type: ignore[import-untyped]
from langdetect.detector_factory import (  # type: ignore[import-untyped]
    PROFILES_DIRECTORY,
    DetectorFactory,
)

CODES = (
    "af", "ar", "bg", "bn", "ca", "cs", "cy", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr",
    "gu", "he", "hi", "hr", "hu", "id", "it", "ja", "kn", "ko", "lt", "lv", "mk", "ml", "mr", "ne",
    "nl", "no", "pa", "pl", "pt", "ro", "ru", "sk", "sl", "so", "sq", "sv", "sw", "ta", "te", "th",
    "tl", "tr", "uk", "ur", "vi", "zh-cn", "zh-tw",
)  # fmt: skip
"""The languages that can be guessed: ISO 639-1 codes, and two for Chinese."""


@lru_cache(maxsize=1)
def _factory() -> DetectorFactory:
    """The language profiles, read once in about 0.3 s; a factory of our own leaves the library's alone."""
    factory = DetectorFactory()
    factory.load_profile(PROFILES_DIRECTORY)
    return factory


def guess(response: str) -> str | None:
    """The code of the most probable language, "unknown" where several are; None for a text without letters.

    Source: langdetect, a naive Bayes classifier of 1- to 3-grams that the official checker uses; it reads
    the first 10,000 characters and draws n-grams from them at random. Here every draw begins with the same
    seed, so a text has one answer.

    >>> [guess(text) for text in ("It rained all day long and nobody came.", "1 2 3")]
    ['en', None]
    """
    detector = _factory().create()
    detector.seed = 0
    detector.append(response)
    try:
        return str(detector.detect())
    except LangDetectException:
        return None


def response_language(response: str, *, language: str) -> bool:
    """The guessed language is `language`.

    Defects kept: a text without letters follows every language; most Traditional Chinese is taken for
    Korean. The official guess is unseeded: where its own verdict changes from run to run, so may ours
    differ from it.

    >>> [response_language("Das ist der Fuchs, und er schläft.", language=code) for code in ("de", "en")]
    [True, False]
    """
    return guess(response) in (language, None)


def english_capital(response: str) -> bool:
    """No small letter, at least one capital, and guessed to be English.

    Defect kept: of a word in capitals the guess reads the first letter only, so English in capitals may be
    taken for another language ("YES").

    >>> [english_capital(text) for text in ("THE FOX RAN AWAY AND THE HEN STAYED IN.", "The fox ran.")]
    [True, False]
    """
    return response.isupper() and guess(response) in ("en", None)


def english_lowercase(response: str) -> bool:
    """No capital, at least one small letter, and guessed to be English; short texts are often misjudged.

    >>> [english_lowercase(text) for text in ("it rained all day and nobody came.", "It rained.")]
    [True, False]
    """
    return response.islower() and guess(response) in ("en", None)
