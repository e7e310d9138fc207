"""Rules on what the answer is made of: sections, versions, options, a postscript."""

from __future__ import annotations

import re

from rlmr.extraction.numbers import NUMBER, read_number
from rlmr.extraction.rule import Hit, Rule, Spec, rule
from rlmr.extraction.view import QUOTED, QUOTES


def _sections(hit: Hit) -> Spec | None:
    """Sections with a label of their own: "3 sections, marked with SECTION X"."""
    count, label = read_number(hit["n"]), (hit.quoted() or ("",))[0] if hit["q"] else hit.said("w")
    label = re.sub(r"[ _]*[X1#]\W*$", "", label, flags=re.IGNORECASE).strip()
    return {"type": "chapters", "at_least": count, "label": label} if count and label else None


def _versions(hit: Hit) -> Spec | None:
    """Several versions with the separator that the prompt shows."""
    count = read_number(hit["n"])
    stars = re.search(r"\*{3,12}", hit.view.said(hit.match.span()))
    return (
        {"type": "versions", "count": count, "separator": stars[0] if stars else "******"} if count else None
    )


def _repeats(hit: Hit) -> Spec | None:
    """The request itself: what stands before the paragraph that asks to repeat it, or else behind it."""
    view, size = hit.view, len(hit.view.masked)
    passage = view.said((0, hit.match.start()))
    passage = passage[: max(passage.rfind(mark) for mark in ".?!\n") + 1].strip()
    if re.search("below|following", hit.match[0]) or not passage:
        end = view.masked.find("\n", hit.match.end())
        passage = view.said((end, size)).strip() if end > 0 else ""
    return {"type": "repeats_prompt", "passage": passage} if passage else None


def _choice(hit: Hit) -> Spec | None:
    """One of several quoted options."""
    options = hit.quoted()
    return {"type": "choice", "words": list(options)} if len(options) > 1 else None


COMPOSITION: tuple[Rule, ...] = (
    rule(
        "wrapped in tag",
        "<",
        r"\b(?:wrap|enclose|put|place)\w*[^.\n<]{0,50}<(?P<t>[a-z][a-z0-9_-]{0,30})>",
        lambda hit: {"type": "wrapped_in_tag", "tag": hit.said("t")},
    ),
    rule(
        "sections",
        "section|part|chapter|round|day|scene",
        rf"(?P<n>{NUMBER}) (?:or more )?(?:sections|parts|rounds|days|chapters|scenes|"
        rf"paragraphs|episodes|years|stanzas|verses)\b[^\n]{{0,160}}?\b(?:mark(?:ed|ing)?|"
        r"start(?:ing|ed)?|begin(?:ning)?|labell?ed|separated|denote\w*|signif\w+|"
        rf"indicate\w*|title\w*|highlight\w*)\b[^\n\0]{{0,60}}?(?:(?P<q>{QUOTED})|\b"
        rf"(?P<w>[a-z]{{3,12}}) (?:x|1|#)(?![\w:]))",
        _sections,
    ),
    rule(
        "versions",
        "***|asterisk",
        r"\b(?P<n>two|three|four|[2-6])(?! ?asterisk| aterisk)(?: \w{1,12}){0,3}? "
        r"(?:responses?|versions?|answers?|replies|poems?|stories|options?|letters?|"
        r"songs?|pieces?|takes?|jokes?|riddles?|summaries|raps?|essays?|"
        r"[a-z]{3,12}s)\b[^\n]{0,160}?(?:\*{6}|(?:6|six) ?asterisk)[^\n]{0,40}",
        _versions,
    ),
    rule(
        "repeats prompt",
        "repeat",
        r"(?:(?:\bfollowing|\bbelow)\b[^.\n]{0,30})?\b(?:please )?(?:repeat|copy) "
        r"(?:back )?(?:only )?(?:all )?(?:the |this |my )?(?:(?:exact|entire|whole|above|"
        r"very|original|full),? ){0,2}(?:request|prompt|question|sentence|text|phrase|"
        r"query|instructions?|it\b)(?: (?:above|below|itself))?[^\n]{0,60}(?:word (?:for|"
        r"by) word|without (?:any )?chang|exactly as|verbatim|without saying|then (?:give|"
        r"answer|reply)|(?:do not|don't) (?:change|say)|as it is)",
        _repeats,
    ),
    rule(
        "choice",
        "option|one of|either|choose|exactly",
        rf"\b(?:answer|respond|reply|choose|pick|say|use|response)\b[^.\n\0]{{0,80}}?"
        r"(?:options|of the following|one of|phrases|either|choose from|"
        rf"exactly)[^.\n\0]{{0,60}}?[:：]? ?\n?(?P<q>{QUOTES})",
        _choice,
    ),
    rule(
        "postscript",
        "p.s|p. s|p.p|postscript|post script|附言|又及",
        r"\bpost ?script\b(?! (?:file|language))|\b(?:with|add|include|start\w*|"
        r"begin\w*|be|has|put|mark\w*|a) (?:with )?(?:a |the )?p\.(?: ?p\.)? ?s\b|"
        r"(?:加上?|附上?|写)(?:一?[段条个])?(?:附言|又及)",
        {"type": "postscript"},
    ),
)
"""Composition."""
