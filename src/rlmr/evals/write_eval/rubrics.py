"""What a judge looks at in each category."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

from rlmr.constraints import Lang
from rlmr.names import nearest


@cache
def _rubrics() -> dict[str, dict[str, dict[str, str]]]:
    """Category, criterion, language: one sentence each."""
    source = resources.files("rlmr.evals.write_eval").joinpath("rubrics.json").read_text("utf-8")
    rubrics: dict[str, dict[str, dict[str, str]]] = json.loads(source)
    return rubrics


def rubric(category: str, lang: Lang = "en") -> dict[str, str]:
    """The criteria of a category: name and one sentence that says what the highest score looks like.

    Names are the same in both languages, so that scores compare. Four to six of them, each about the
    writing; whether a constraint is kept is for programs, and length is no merit.
    Raises ValueError for an unknown category or language.

    >>> list(rubric("jokes"))
    ['surprise', 'timing', 'voice', 'kindness']
    >>> rubric("joke")
    Traceback (most recent call last):
    ValueError: category 'joke' is not allowed; did you mean 'jokes'?
    """
    rubrics = _rubrics()
    if category not in rubrics:
        raise ValueError(f"category {category!r} is not allowed; {nearest(category, rubrics)}")
    if lang not in ("en", "zh"):
        raise ValueError(f"lang {lang!r} is not allowed; {nearest(lang, ('en', 'zh'))}")
    return {name: texts[lang] for name, texts in rubrics[category].items()}
