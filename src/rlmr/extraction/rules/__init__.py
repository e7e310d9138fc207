"""The rules, one table per family."""

from rlmr.extraction.rule import Rule
from rlmr.extraction.rules.around import AROUND
from rlmr.extraction.rules.composition import COMPOSITION
from rlmr.extraction.rules.edges import EDGES
from rlmr.extraction.rules.genres import GENRES
from rlmr.extraction.rules.languages import LANGUAGES
from rlmr.extraction.rules.markup import MARKUP
from rlmr.extraction.rules.titles import TITLES
from rlmr.extraction.rules.typography import TYPOGRAPHY
from rlmr.extraction.rules.verse import VERSE
from rlmr.extraction.rules.words import WORDS

RULES: tuple[Rule, ...] = (
    *WORDS, *EDGES, *TITLES, *VERSE, *GENRES, *LANGUAGES, *MARKUP, *TYPOGRAPHY, *COMPOSITION, *AROUND
)  # fmt: skip
"""Every rule but the amounts, which `rlmr.extraction.quantities` reads with one pattern and two tables."""
