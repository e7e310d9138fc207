"""Constraints on texts, decided by programs: English and Chinese, with evidence.

>>> from rlmr.constraints import parse
>>> [c.check("A fox ran.").status.value for c in parse([{"type": "word_count", "at_most": 3}])]
['pass']
"""

from rlmr.constraints.base import Constraint, Lang, Role, Status, Verdict
from rlmr.constraints.conditional import If
from rlmr.constraints.errors import ConstraintError
from rlmr.constraints.gates import NoEcho, NoMetaCommentary, NoRefusal, NoRepetition, Substance, default_gates
from rlmr.constraints.judged import Audience, Element, Ending, Judged, Requirement, Style, Tone
from rlmr.constraints.quoted import CharacterCount, RhetoricalDevices, Sections
from rlmr.constraints.spec import parse, parse_one, to_specs
from rlmr.constraints.table import CONSTRAINTS, FAMILIES
from rlmr.constraints.translate import from_ifeval
from rlmr.constraints.types.around import NoSummary, OnlyTheWork, Postscript, RepeatsPrompt
from rlmr.constraints.types.edges import EndsWith, FirstSentenceContains, LastSentenceContains, StartsWith
from rlmr.constraints.types.idioms import IdiomChain, Idioms
from rlmr.constraints.types.language import ChineseScript, LanguageMix, ResponseLanguage
from rlmr.constraints.types.layout import (
    Chapters,
    Headings,
    LineCount,
    ListItems,
    ParagraphCount,
    StanzaCount,
)
from rlmr.constraints.types.length import CharCount, RelativeLength, SentenceCount, WordCount
from rlmr.constraints.types.letters import (
    CapitalWords,
    LetterCase,
    LetterCount,
    Lipogram,
    Numbers,
    Univocalic,
)
from rlmr.constraints.types.markup import Markdown, Placeholders, PlainText, WrappedInTag
from rlmr.constraints.types.names import CharacterNames
from rlmr.constraints.types.narration import DialogueShare, PointOfView, Similes
from rlmr.constraints.types.options import Choice, Versions
from rlmr.constraints.types.parts import ContainsText, InOrder, Letter, Lyrics, Script
from rlmr.constraints.types.punctuation import (
    ChineseWidth,
    Emoji,
    Hashtags,
    Indent,
    Punctuation,
    WrappedInQuotes,
)
from rlmr.constraints.types.rhetoric import Anaphora, DistinctParts
from rlmr.constraints.types.structure import Dialogue, QuoteStyle, Title
from rlmr.constraints.types.style import Cliches, RepeatedPhrases, SentenceKind, VariedOpeners
from rlmr.constraints.types.tables import MarkdownTable
from rlmr.constraints.types.tense import Tense
from rlmr.constraints.types.values import CsvTable, JsonObject
from rlmr.constraints.types.verse.chinese import ChineseVerse, TonalPattern
from rlmr.constraints.types.verse.couplet import Couplet
from rlmr.constraints.types.verse.forms import VerseForm
from rlmr.constraints.types.verse.meter import Meter
from rlmr.constraints.types.verse.patterns import Acrostic, Haiku, Rhyme, SyllablePattern
from rlmr.constraints.types.verse.tunes import CiTune
from rlmr.constraints.types.vocabulary import CommonWords
from rlmr.constraints.types.words import ExcludeWords, IncludeWords, UniqueWords, WordFrequency

__all__ = [
    "CONSTRAINTS",
    "FAMILIES",
    "Acrostic",
    "Anaphora",
    "Audience",
    "CapitalWords",
    "Chapters",
    "CharCount",
    "CharacterCount",
    "CharacterNames",
    "ChineseScript",
    "ChineseVerse",
    "ChineseWidth",
    "Choice",
    "CiTune",
    "Cliches",
    "CommonWords",
    "Constraint",
    "ConstraintError",
    "ContainsText",
    "Couplet",
    "CsvTable",
    "Dialogue",
    "DialogueShare",
    "DistinctParts",
    "Element",
    "Emoji",
    "Ending",
    "EndsWith",
    "ExcludeWords",
    "FirstSentenceContains",
    "Haiku",
    "Hashtags",
    "Headings",
    "IdiomChain",
    "Idioms",
    "If",
    "InOrder",
    "IncludeWords",
    "Indent",
    "JsonObject",
    "Judged",
    "Lang",
    "LanguageMix",
    "LastSentenceContains",
    "Letter",
    "LetterCase",
    "LetterCount",
    "LineCount",
    "Lipogram",
    "ListItems",
    "Lyrics",
    "Markdown",
    "MarkdownTable",
    "Meter",
    "NoEcho",
    "NoMetaCommentary",
    "NoRefusal",
    "NoRepetition",
    "NoSummary",
    "Numbers",
    "OnlyTheWork",
    "ParagraphCount",
    "Placeholders",
    "PlainText",
    "PointOfView",
    "Postscript",
    "Punctuation",
    "QuoteStyle",
    "RelativeLength",
    "RepeatedPhrases",
    "RepeatsPrompt",
    "Requirement",
    "ResponseLanguage",
    "RhetoricalDevices",
    "Rhyme",
    "Role",
    "Script",
    "Sections",
    "SentenceCount",
    "SentenceKind",
    "Similes",
    "StanzaCount",
    "StartsWith",
    "Status",
    "Style",
    "Substance",
    "SyllablePattern",
    "Tense",
    "Title",
    "TonalPattern",
    "Tone",
    "UniqueWords",
    "Univocalic",
    "VariedOpeners",
    "Verdict",
    "VerseForm",
    "Versions",
    "WordCount",
    "WordFrequency",
    "WrappedInQuotes",
    "WrappedInTag",
    "default_gates",
    "from_ifeval",
    "parse",
    "parse_one",
    "to_specs",
]
