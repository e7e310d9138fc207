"""Every built-in type of constraint, by the name that a specification uses."""

from __future__ import annotations

from rlmr.constraints.around import NoSummary, OnlyTheWork, Postscript, RepeatsPrompt
from rlmr.constraints.base import Constraint
from rlmr.constraints.chinese import ChineseVerse, TonalPattern
from rlmr.constraints.conditional import If
from rlmr.constraints.couplet import Couplet
from rlmr.constraints.edges import EndsWith, FirstSentenceContains, LastSentenceContains, StartsWith
from rlmr.constraints.forms import VerseForm
from rlmr.constraints.gates import NoEcho, NoMetaCommentary, NoRefusal, NoRepetition, Substance
from rlmr.constraints.idioms import IdiomChain, Idioms
from rlmr.constraints.judged import Audience, Element, Ending, Requirement, Style, Tone
from rlmr.constraints.language import ChineseScript, LanguageMix, ResponseLanguage
from rlmr.constraints.layout import Chapters, Headings, LineCount, ListItems, ParagraphCount, StanzaCount
from rlmr.constraints.length import CharCount, RelativeLength, SentenceCount, WordCount
from rlmr.constraints.letters import CapitalWords, LetterCase, LetterCount, Lipogram, Numbers, Univocalic
from rlmr.constraints.markup import Markdown, Placeholders, PlainText, WrappedInTag
from rlmr.constraints.meter import Meter
from rlmr.constraints.names import CharacterNames
from rlmr.constraints.narration import DialogueShare, PointOfView, Similes
from rlmr.constraints.options import Choice, Versions
from rlmr.constraints.parts import ContainsText, InOrder, Letter, Lyrics, Script
from rlmr.constraints.punctuation import ChineseWidth, Emoji, Hashtags, Indent, Punctuation, WrappedInQuotes
from rlmr.constraints.quoted import CharacterCount, RhetoricalDevices, Sections
from rlmr.constraints.rhetoric import Anaphora, DistinctParts
from rlmr.constraints.structure import Dialogue, QuoteStyle, Title
from rlmr.constraints.style import Cliches, RepeatedPhrases, SentenceKind, VariedOpeners
from rlmr.constraints.tables import MarkdownTable
from rlmr.constraints.tense import Tense
from rlmr.constraints.tunes import CiTune
from rlmr.constraints.values import CsvTable, JsonObject
from rlmr.constraints.verse import Acrostic, Haiku, Rhyme, SyllablePattern
from rlmr.constraints.vocabulary import CommonWords
from rlmr.constraints.words import ExcludeWords, IncludeWords, UniqueWords, WordFrequency

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
