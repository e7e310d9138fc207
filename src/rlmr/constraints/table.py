"""Every built-in type of constraint, by the name that a specification uses."""

from __future__ import annotations

from rlmr.constraints.base import Constraint
from rlmr.constraints.conditional import If
from rlmr.constraints.gates import NoEcho, NoMetaCommentary, NoRefusal, NoRepetition, Substance
from rlmr.constraints.judged import Audience, Element, Ending, Requirement, Style, Tone
from rlmr.constraints.quoted import CharacterCount, RhetoricalDevices, Sections
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

FAMILIES: dict[str, tuple[type[Constraint], ...]] = {
    "Length": (
        WordCount,
        CharCount,
        SentenceCount,
        RelativeLength,
    ),
    "Parts by layout": (
        ParagraphCount,
        LineCount,
        StanzaCount,
        ListItems,
        Headings,
        Chapters,
    ),
    "Words": (
        IncludeWords,
        ExcludeWords,
        WordFrequency,
        UniqueWords,
        CharacterNames,
        CommonWords,
    ),
    "Opening and ending": (
        StartsWith,
        EndsWith,
        FirstSentenceContains,
        LastSentenceContains,
    ),
    "Title and dialogue": (
        Title,
        Dialogue,
    ),
    "Composition": (
        ContainsText,
        InOrder,
        Letter,
        Script,
        Lyrics,
    ),
    "Around the work": (
        OnlyTheWork,
        NoSummary,
        Postscript,
        RepeatsPrompt,
        Choice,
        Versions,
        If,
    ),
    "Letters": (
        Lipogram,
        LetterCount,
        Univocalic,
        LetterCase,
        CapitalWords,
        Numbers,
    ),
    "Punctuation": (
        Punctuation,
        Emoji,
        Hashtags,
        WrappedInQuotes,
        QuoteStyle,
        Indent,
        ChineseWidth,
    ),
    "Format": (
        Markdown,
        PlainText,
        JsonObject,
        WrappedInTag,
        CsvTable,
        MarkdownTable,
        Placeholders,
    ),
    "Style": (
        Cliches,
        RepeatedPhrases,
        VariedOpeners,
        SentenceKind,
        Anaphora,
        DistinctParts,
    ),
    "Narration": (
        PointOfView,
        Tense,
        DialogueShare,
        Similes,
    ),
    "Verse": (
        SyllablePattern,
        Haiku,
        Rhyme,
        Meter,
        Acrostic,
    ),
    "Verse: English forms": (VerseForm,),
    "Verse: Chinese": (
        ChineseVerse,
        TonalPattern,
        CiTune,
    ),
    "Couplets and idioms": (
        Couplet,
        Idioms,
        IdiomChain,
    ),
    "Language": (
        ResponseLanguage,
        ChineseScript,
        LanguageMix,
    ),
    "For a judge": (
        Requirement,
        Tone,
        Style,
        Element,
        Ending,
        Audience,
        RhetoricalDevices,
        CharacterCount,
        Sections,
    ),
    "Gates": (
        Substance,
        NoEcho,
        NoRepetition,
        NoRefusal,
        NoMetaCommentary,
    ),
}
"""The types by family, as lists show them."""

CONSTRAINTS: dict[str, type[Constraint]] = {cls.type: cls for family in FAMILIES.values() for cls in family}
"""Every built-in type by its name in a specification."""
