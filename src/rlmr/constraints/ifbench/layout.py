"""Instructions on lines, lists, brackets, quotes and case."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from itertools import pairwise

from rlmr.constraints.ifbench.tokens import PUNCTUATION, strip_punctuation, treebank_tokens
from rlmr.constraints.ifeval.sentences import split_sentences

_LETTERED = re.compile(r"\W*[aA]\W*[bB]\W*[cC]\W*")
_CLOSES = {")": "(", "]": "[", "}": "{"}
_BRACKETS = re.compile(r"[()\[\]{}]")
_QUOTES = re.compile(r"[\"']")
_EDGE = "0123456789" + PUNCTUATION.replace('"', "")


def emoji_at_ends(response: str) -> bool:
    """An emoji is the last or last but one character of each sentence, or the first of the next, marks aside.

    >>> [emoji_at_ends(text) for text in ("It ran. 🦊 It hid! 🐔", "It ran 🦊. It hid.")]
    [True, False]
    """
    from emoji import is_emoji  # its table takes 30 ms

    bare = [strip_punctuation(sentence).strip() for sentence in split_sentences(response)]
    for text, following in zip(bare, [*bare[1:], None], strict=True):
        if not text:
            return False
        if not any(map(is_emoji, text[-2:])) and not (following and is_emoji(following[0])):
            return False
    return True


def line_indent(response: str) -> bool:
    r"""Each line begins with more spaces than the line above. One line passes.

    Defect kept: of blank lines in a row only every other one is left out of the comparison, and a later
    blank line may be compared in an earlier one's place.

    >>> [line_indent(text) for text in ("It\n ran\n\n  off", "It\nran", "It\n\n\nran", "It")]
    [True, False, False, True]
    """
    indents = [len(line) - len(line.lstrip(" ")) for line in _without_blank_lines(response.split("\n"))]
    return all(upper < lower for upper, lower in pairwise(indents))


def _without_blank_lines(lines: list[str]) -> list[str]:
    """What a loop leaves that removes from the list it runs over and so misses the line behind each."""
    alive: dict[str, deque[int]] = defaultdict(deque)
    for index, line in enumerate(lines):
        if not line.strip():
            alive[line].append(index)
    removed = set()
    index = 0
    while index < len(lines):
        if not lines[index].strip():
            removed.add(alive[lines[index]].popleft())
            index += 1
        index += 1
    return [line for index, line in enumerate(lines) if index not in removed]


def list_markers(response: str, *, sep: str) -> bool:
    """The marker stands at least twice. Defect kept: anywhere in a line.

    >>> list_markers("to - and - fro", sep="-")
    True
    """
    return response.count(sep) >= 2


def newline(response: str) -> bool:
    r"""As many lines as words, ASCII punctuation and empty lines aside.

    Defect kept: two words on one line and a line of spaces make up for each other.

    >>> [newline(text) for text in ("It\nran.", "It ran", "It ran\n  \noff")]
    [True, False, True]
    """
    text = strip_punctuation(response).strip()
    return sum(line != "" for line in text.split("\n")) == len(text.split())


def sentences_then_bullets(response: str) -> bool:
    r"""At least two sentences, then at least two lines with `*` and nothing behind them.

    Defects kept: a sentence needs no full stop; an empty line before the bullets is the end of the sentences.

    >>> sentences_then_bullets("It ran. It hid.\n* one\n* two")
    True
    """
    sentences, bullets, counting = 0, 0, True
    for line in map(str.strip, response.split("\n")):
        if line.startswith("*"):
            if sentences < 2:
                return False
            bullets, counting = bullets + 1, False
        elif counting:
            found = len(split_sentences(line))
            sentences, counting = sentences + found, found > 0
        else:
            return False
    return bullets >= 2


def no_whitespace(response: str) -> bool:
    """No white space. Defect kept: one word passes.

    >>> [no_whitespace(text) for text in ("It-ran.", "It ran.")]
    [True, False]
    """
    return not any(map(str.isspace, response))


def options(response: str, *, options: str) -> bool:
    """One of the options, which `/`, `or` or commas separate; ASCII punctuation at the ends and case aside.

    Options that begin with a, b, c are compared as they stand. Defect kept: `or` separates inside words too.

    >>> [options(text, options="a), b), c)") for text in ("b)", "b")]
    [True, False]
    >>> [options(text, options="yes/no") for text in ("Yes!", "Well, yes")]
    [True, False]
    """
    separator = "/" if "/" in options else "or" if "or" in options else ","
    allowed = [option.strip() for option in options.split(separator)]
    if _LETTERED.match(options):
        return response in allowed
    return response.strip(PUNCTUATION + " ").lower() in [
        option.strip(PUNCTUATION + " ").lower() for option in allowed
    ]


def output_template(response: str) -> bool:
    """The template's three labels are found. Defect kept: in any order, with nothing behind them.

    >>> output_template("Future Outlook: My Answer: My Conclusion:")
    True
    """
    return all(label in response for label in ("My Answer:", "My Conclusion:", "Future Outlook:"))


def parentheses(response: str) -> bool:
    """Brackets are nested at least five deep, and one of that depth is closed.

    Defect kept: nothing need stand in them; a wrong bracket begins anew, an unclosed one stays open.

    >>> [parentheses(text) for text in ("([{(<[]>)}])", "(((())))", "((((((")]
    [True, False, False]
    """
    open_: list[str] = []
    deepest = 0
    for mark in _BRACKETS.findall(response):
        if mark not in _CLOSES:
            open_.append(mark)
            deepest = max(deepest, len(open_))
        elif open_ and open_[-1] == _CLOSES[mark]:
            open_.pop()
            if deepest >= 5:
                return True
        else:
            open_, deepest = [], 0
    return False


def quotes(response: str) -> bool:
    """Straight quotes, double and single in turn, are nested at least three deep and closed again.

    Defects kept: an apostrophe is a quote; curly quotes are none.

    >>> [quotes(text) for text in ('"He said \\'she said "so" too\\'."', '"He said \\'so\\'."')]
    [True, False]
    """
    open_: list[str] = []
    deepest = 0
    for mark in _QUOTES.findall(response):
        if open_ and open_[-1] == mark:
            open_.pop()
            if deepest - len(open_) >= 3:
                return True
        else:
            open_.append(mark)
            deepest = max(deepest, len(open_))
    return False


def quote_unquote(response: str) -> bool:
    """No two straight double quotes side by side, white space aside, and none at the end.

    Defects kept: a text without quotes passes, and so does one with curly quotes.

    >>> [quote_unquote(text) for text in ('"So" means so.', '"So" "so" it.', 'It is "so".', "So.")]
    [True, False, False, True]
    """
    text = "".join(response.replace("'\"'", "").split())
    return '""' not in text and not text.strip(_EDGE).endswith('"')


def sub_bullets(response: str) -> bool:
    r"""Behind each `*` there is a `-` before the next `*`. Defects kept: in any line; no `*` at all passes.

    >>> [sub_bullets(text) for text in ("* one\n  - two", "* one\n* two - b", "one")]
    [True, False, True]
    """
    return all("-" in bullet for bullet in response.split("*")[1:])


def thesis(response: str) -> bool:
    """Something in `<i>` or `<em>`, and something behind its end. Defect kept: once is enough.

    >>> [thesis(text) for text in ("<i>Foxes run.</i> They do.", "<i></i> So.", "<i>So</i>")]
    [True, False, False]
    """
    begin = response.find("<i>" if "<i>" in response else "<em>")
    text = response[begin:]
    end = text.find("</i>" if "</i>" in text else "</em>")
    return begin >= 0 and end >= 0 and text[3:end].strip() != "" and text[end + 4 :].strip() != ""


def title_case(response: str) -> bool:
    """No token begins with a small letter, or it has a capital but not only capitals behind that letter.

    Defects kept: "A" and "The" are the same to it; `eBay` and `iPhone` pass, and so do words in capitals.

    >>> [title_case(text) for text in ("The Fox Ran To iPhone.", "The fox Ran.", "FOX", "...")]
    [True, False, True, True]
    """
    return not any(
        token[0].islower() and (len(token) == 1 or token[1:].isupper() or token[1:].islower())
        for token in treebank_tokens(response)
    )
