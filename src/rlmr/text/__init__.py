"""What a word, a sentence, a line, a paragraph, a quotation and a title are: said here and nowhere else.

Every function returns half-open character spans `[start, end)` into the text that it was given, or a
count. All are linear in the text, free of state, and treat English and Chinese side by side: a hanzi is
a word of its own, a Latin word inside Chinese is one word, so that no language has to be guessed.
`\\r\\n` and `\\n` are the same line end; combining marks and zero-width characters belong to the word
around them, so that NFC and NFD texts count alike.
"""

from rlmr.text.characters import (
    HANZI,
    WORD,
    Span,
    count_hanzi,
    count_words,
    has_words,
    trim,
    word_list,
    word_pattern,
    words,
)
from rlmr.text.folding import find_phrase, fold, folded_words, phrase_pattern, to_simplified
from rlmr.text.layout import (
    HEADING,
    LIST_ITEM,
    blocks,
    is_bare_title,
    is_heading,
    item_bodies,
    lines,
    list_items,
    paragraphs,
    quotes,
    title,
)
from rlmr.text.seen import Folded, as_seen
from rlmr.text.sentences import sentences

__all__ = [
    "HANZI",
    "HEADING",
    "LIST_ITEM",
    "WORD",
    "Folded",
    "Span",
    "as_seen",
    "blocks",
    "count_hanzi",
    "count_words",
    "find_phrase",
    "fold",
    "folded_words",
    "has_words",
    "is_bare_title",
    "is_heading",
    "item_bodies",
    "lines",
    "list_items",
    "paragraphs",
    "phrase_pattern",
    "quotes",
    "sentences",
    "title",
    "to_simplified",
    "trim",
    "word_list",
    "word_pattern",
    "words",
]
