"""The eleven instructions that belong to one prompt each."""

from __future__ import annotations

import csv
import re
import unicodedata
from io import StringIO
from itertools import pairwise

from rlmr.constraints.ifbench.lists import CAPITALS_BY_LATITUDE
from rlmr.constraints.ifbench.tokens import PUNCTUATION, bare_words
from rlmr.constraints.ifeval.sentences import split_sentences

_NUMBER = re.compile(r"\d+")
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_QUESTION = re.compile(r"Question \d+[.|):;]?")
_OPTION = re.compile(r"[A-Ea-e][.|)]\s*\w")
_SPECIAL = re.compile(r"[^\w\s]")
_PRODUCTS = re.compile(
    r'("?)ProductID\1,[ \t]*("?)Category\2,[ \t]*("?)Brand\3,[ \t]*("?)Price\4,[ \t]*("?)Stock\5'
)
_STUDENTS = re.compile(r'("?)StudentID\1\t *("?)Subject\2\t *("?)Grade\3\t *("?)Semester\4\t *("?)Score\5')
_DAYS = (99, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")


def _table(text: str, delimiter: str = ",") -> list[list[str]]:
    """The rows of a table; none where it cannot be read (the official checker stops there)."""
    try:
        return list(csv.reader(StringIO(text), delimiter=delimiter))
    except csv.Error:
        return []


def multiples(response: str) -> bool:
    """The numbers in the text are 14, 21, 28, 35, 42, 49, in this order.

    >>> multiples("14,21, then 28 35 42 49.")
    True
    """
    return _NUMBER.findall(response) == ["14", "21", "28", "35", "42", "49"]


def mcq_count_length(response: str) -> bool:
    r"""Four labels "Question 1", each with five options A to E and a longer question than the one before.

    Defect kept: a label without a number is none.

    >>> ask = "Question {}: {}\nA) a\nB) b\nC) c\nD) d\nE) e\n"
    >>> texts = ["".join(ask.format(n, int(n) * "Who? ") for n in numbers) for numbers in ("1234", "4321")]
    >>> [mcq_count_length(text) for text in texts]
    [True, False]
    """
    if not response.startswith("Question"):
        return False
    lengths = []
    for question in filter(str.strip, _QUESTION.split(response)):
        lines = [line.strip() for line in question.strip().split("\n")]
        is_option = [_OPTION.match(line) is not None for line in lines]
        if sum(is_option) != 5:
            return False
        lengths.append(len(" ".join(lines[: is_option.index(True)]).strip()))
    return len(lengths) == 4 and all(one < two for one, two in pairwise(lengths))


def reverse_newline(response: str) -> bool:
    r"""From the line with Zimbabwe on, at least 52 lines in reverse alphabetical order; accents aside.

    Defect kept: the lines may be anything.

    >>> reverse_newline("Sure:\n" + "Zimbabwe\n" * 52)
    True
    """
    lines = [bare for line in response.split("\n") if (bare := line.strip(PUNCTUATION + " "))]
    first = next((index for index, line in enumerate(lines) if "Zimbabwe" in line), len(lines))
    countries = [_ascii(line) for line in lines[first:]]
    return len(countries) >= 52 and countries == sorted(countries, reverse=True)


def word_reverse(response: str) -> bool:
    """Read from the last word to the first, the text holds "bald eagle". Defect kept: nothing else counts.

    >>> [word_reverse(text) for text in ("Eagle bald the is It.", "The bald eagle.")]
    [True, False]
    """
    return "bald eagle" in " ".join(reversed(bare_words(response)))


def character_reverse(response: str) -> bool:
    """The text holds "elgae dlab", whatever the case. Defect kept: nothing else is looked at.

    >>> character_reverse(".elgae dlaB ehT")
    True
    """
    return "elgae dlab" in response.lower()


def sentence_alphabet(response: str) -> bool:
    """26 sentences that begin with the letters from a to z. Defect kept: a quote before the letter fails.

    >>> sentence_alphabet(" ".join(f"{letter}b ran." for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    True
    """
    initials = [sentence.lstrip()[:1].lower() for sentence in split_sentences(response)]
    return "".join(initials) == "abcdefghijklmnopqrstuvwxyz"


def european_capitals_sort(response: str) -> bool:
    """The 27 capitals in the official order, between commas, without accents or any other word.

    >>> european_capitals_sort("Reykjavík, Helsinki, Oslo")
    False
    """
    capitals = [name.strip() for name in _ascii(response).split(",")]
    return tuple(filter(None, capitals)) == CAPITALS_BY_LATITUDE


def csv_city(response: str) -> bool:
    r"""The header ID,Country,City,Year,Count and seven rows of five fields.

    >>> csv_city("ID,Country,City,Year,Count" + "\n1,b,c,4,5" * 7)
    True
    """
    header, *rows = _table(response) or [[]]
    return header == ["ID", "Country", "City", "Year", "Count"] and list(map(len, rows)) == [5] * 7


def csv_special_character(response: str) -> bool:
    r"""The header, 14 rows, and a field in double quotes with a mark in it.

    Defects kept: rows behind that field may have any length; a comma in quotes separates.

    >>> csv_special_character("ProductID,Category,Brand,Price,Stock" + '\n1,b,"c&d",4,5' * 14)
    True
    """
    if not _PRODUCTS.fullmatch(response.partition("\n")[0].strip()):
        return False
    rows = _table(response.replace('"', '"""'))
    if len(rows) != 15:
        return False
    for row in rows[1:]:
        if len(row) != 5:
            return False
        if any(map(_quotes_a_mark, row)):
            return True
    return False


def _quotes_a_mark(field: str) -> bool:
    """Whether the field's first line begins with a double quote and has a mark before the last one."""
    line = field.partition("\n")[0]
    return line.startswith('"') and _SPECIAL.search(line[1 : max(1, line.rfind('"'))]) is not None


def csv_quotes(response: str) -> bool:
    r"""The header and three rows of five fields, tabs between them, each field in double quotes.

    >>> rows = [["StudentID", "Subject", "Grade", "Semester", "Score"], *[list("abcde")] * 3]
    >>> csv_quotes("\n".join("\t".join(f'"{field}"' for field in row) for row in rows))
    True
    """
    if not _STUDENTS.fullmatch(response.partition("\n")[0].strip()):
        return False
    rows = _table(response.replace('"', '"""'), "\t")
    fields = [field.strip() for row in rows for field in row]
    return list(map(len, rows)) == [5] * 4 and all(field[:1] == field[-1:] == '"' for field in fields)


def date_format_list(response: str) -> bool:
    """Dates from 1769 to 1821 as YYYY-MM-DD with commas between them. Defects kept: one will do; 00 is a day.

    >>> [date_format_list(text) for text in ("1796-04-12, 1800-06-14", "1796-02-30", "12 April 1796")]
    [True, False, False]
    """
    for text in response.split(","):
        date = _DATE.fullmatch(text.strip())
        if date is None:
            return False
        year, month, day = map(int, date.groups())
        if not 1769 <= year <= 1821 or month > 12 or day > _DAYS[month]:
            return False
    return True
