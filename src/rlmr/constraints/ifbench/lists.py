"""The word lists that the official checker looks words up in: facts of IFBench and of NLTK's stop words."""

from __future__ import annotations

CONJUNCTIONS = frozenset({"and", "but", "for", "nor", "or", "so", "yet"})
"""The coordinating conjunctions of English."""

_NAMES = """
    Emma Liam Sophia Jackson Olivia Noah Ava Lucas Isabella Mason Mia Ethan Charlotte Alexander Amelia
    Benjamin Harper Leo Zoe Daniel Chloe Samuel Lily Matthew Grace Owen Abigail Gabriel Ella Jacob
    Scarlett Nathan Victoria Elijah Layla Nicholas Audrey David Hannah Christopher Penelope Thomas Nora
    Andrew Aria Joseph Claire Ryan Stella Jonathan
"""
_PERSONAL = """
    i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself
    she her hers herself it its itself they them their theirs themselves
"""
_FREQUENT = """
    i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her
    hers herself it its itself they them their theirs themselves what which who whom this that these
    those am is are was were be been being have has had having do does did doing a an the and but if or
    because as until while of at by for with about against between into through during before after
    above below to from up down in out on off over under again further then once here there when where
    why how all any both each few more most other some such no nor not only own same so than too very s
    t can will just don should now d ll m o re ve y ain aren couldn didn doesn hadn hasn haven isn ma
    mightn mustn needn shan shouldn wasn weren won wouldn
"""
_CAPITALS = """
    Reykjavik Helsinki Oslo Tallinn Stockholm Riga Moscow Copenhagen Vilnius Minsk Dublin Berlin
    Amsterdam Warsaw London Brussels Prague Luxembourg Paris Vienna Bratislava Budapest Vaduz Chisinau
    Bern Ljubljana Zagreb
"""

PERSON_NAMES = frozenset(_NAMES.split())
"""The 50 names of `count:person_names`, which the prompts spell out."""

PRONOUNS = frozenset(_PERSONAL.split())
"""Personal, possessive and reflexive pronouns."""

STOP_WORDS = frozenset(_FREQUENT.split())
"""NLTK's English stop words, those with an apostrophe left out: no run of letters equals one."""

CAPITALS_BY_LATITUDE = tuple(_CAPITALS.split())
"""European capitals north of 45 degrees, from north to south, as IFBench orders them (it leaves out Kyiv)."""
