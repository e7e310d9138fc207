"""Whether a text's first word is a verb: a rule in place of the official checker's trained tagger."""

from __future__ import annotations

_OPENING_VERBS = """
    accept achieve act add adopt allow answer apply approach arrange ask assess assume avoid become
    begin believe bring buy calculate call carry catch change choose combine compare complete consider
    contact continue convert create decide define describe design determine develop discover discuss do
    draw eat embark embrace enjoy ensure enter establish evaluate examine expect explain explore express
    fall feel fill find finish focus follow forget gather generate get give go grow happen have hear
    help hold identify imagine implement improve include increase introduce investigate invite join keep
    know learn leave let list listen live look lose make meet mix move observe obtain offer open
    organize pay perform pick place play prepare present prove provide pull push put raise reach read
    receive recall recognize reduce reflect remain remember remove replace require return reveal run
    save say see seek select sell send serve set share show sing sit solve speak spend stand start stay
    stop store submit suggest suppose take talk teach tell think throw travel try turn unleash unlock
    use utilize visit wait walk want watch wear welcome win wonder work write am are be been being did
    does had has is was were
"""
_NAMES_IN_ING = """
    anything beijing ceiling clothing during evening everything feeling meaning morning nothing
    something spring string thing viking wedding
"""
_VERBS = frozenset(_OPENING_VERBS.split())
"""Base forms that often open an answer, and auxiliaries but for the modals, which have a tag of their own.

Left out are build, conceive and understand: the official tagger calls them names in the shipped outputs."""
_NO_VERBS = frozenset(_NAMES_IN_ING.split())


def is_verb(word: str) -> bool:
    """Whether a first word is taken for a verb: a base form that is listed, an auxiliary, or a form in -ing.

    The official checker asks NLTK's averaged perceptron tagger, a trained model that is not on any package
    registry and that takes many an imperative with a capital for a name. The rule agrees with it on the six
    shipped outputs, which it has seen; elsewhere they may differ in either direction.

    >>> [is_verb(word) for word in ("Prove", "Whirring", "Morning", "The", "Build")]
    [True, True, False, False, False]
    """
    word = word.lower()
    return word in _VERBS or (len(word) > 4 and word.endswith("ing") and word not in _NO_VERBS)
