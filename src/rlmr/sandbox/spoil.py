"""Ways to spoil a story: the texts that a reward model must learn to dislike before a policy finds them.

A reward model that has never seen a fault does not know that it is one. The first that was tried here had
seen no sentence told twice in other words, and within 60 updates the policy wrote little else (LOG.md).
"""

from __future__ import annotations

import random
from collections.abc import Callable

from rlmr.sandbox.world import SLOT_LISTS, Sentence, grammar, parse, split


def swap_words(text: str, rng: random.Random) -> str:
    """Some words change places."""
    words = text.split(" ")
    for _ in range(max(1, len(words) // rng.randint(4, 12))):
        i, j = rng.randrange(len(words)), rng.randrange(len(words))
        words[i], words[j] = words[j], words[i]
    return " ".join(words)


def drop_words(text: str, rng: random.Random) -> str:
    """5 to 30 % of the words are missing."""
    share = rng.uniform(0.05, 0.3)
    return " ".join([w for w in text.split(" ") if rng.random() > share]) or text


def cut_end(text: str, rng: random.Random) -> str:
    """The text stops somewhere in its second half."""
    words = text.split(" ")
    return " ".join(words[: rng.randint(len(words) // 2, max(1, len(words) - 2))])


def change_heroes(text: str, rng: random.Random) -> str:
    """Most characters become somebody else, each time they appear."""
    heroes = grammar().lists["hero"]
    words = text.split(" ")
    for i, word in enumerate(words):
        bare = word.strip('.,"')
        if bare.lower() in heroes and rng.random() < 0.6:
            words[i] = word.replace(bare, rng.choice(heroes))
    return " ".join(words)


def shuffle_sentences(text: str, rng: random.Random) -> str:
    """The sentences come in another order."""
    sentences = _sentences(text)
    return " ".join(rng.sample(sentences, len(sentences)))


def repeat_sentence(text: str, rng: random.Random) -> str:
    """One to three sentences stand there twice."""
    sentences = _sentences(text)
    for _ in range(rng.randint(1, 3)):
        sentences.insert(rng.randint(0, len(sentences)), rng.choice(sentences))
    return " ".join(sentences)


def reword_sentence(text: str, rng: random.Random) -> str:
    """One sentence is told again one to three times, with other words in its slots, in place of others."""
    parsed = parse(text)
    sentences = [s.text for s in parsed]
    whole = [s for s in parsed if s.template is not None and s.template.slots]
    if not whole:
        return repeat_sentence(text, rng)
    told = rng.choice(whole)
    for _ in range(rng.randint(1, 3)):
        if rng.random() < 0.6:
            sentences[rng.randrange(len(sentences))] = _reword(told, rng)
        else:
            sentences.insert(rng.randint(0, len(sentences)), _reword(told, rng))
    return " ".join(sentences)


def splice_sentences(text: str, rng: random.Random) -> str:
    """One or two sentences break off and go on as another."""
    sentences = _sentences(text)
    for _ in range(rng.randint(1, 2)):
        i = rng.randrange(len(sentences))
        head, tail = sentences[i].split(" "), rng.choice(sentences).split(" ")
        sentences[i] = " ".join([*head[: rng.randint(1, len(head))], *tail[-rng.randint(1, len(tail)) :]])
    return " ".join(sentences)


WAYS: tuple[Callable[[str, random.Random], str], ...] = (
    swap_words,
    drop_words,
    cut_end,
    change_heroes,
    shuffle_sentences,
    repeat_sentence,
    reword_sentence,
    reword_sentence,
    splice_sentences,
    splice_sentences,
)
"""Each as likely as the others; the last two, which policies really come to, count twice."""


def spoil(text: str, rng: random.Random) -> str:
    """The text, spoiled in one of the ways; its title stays as it is."""
    title, sentences = split(text)
    if not sentences:
        return text
    body = rng.choice(WAYS)(" ".join(sentences), rng)
    return body if title is None else f"{title}\n{body}"


def _sentences(text: str) -> list[str]:
    return [s.text for s in parse(text)] or [text]


def _reword(sentence: Sentence, rng: random.Random) -> str:
    """The sentence with new words in its slots, the hero and the thing mostly kept."""
    template = sentence.template
    if template is None:
        return sentence.text
    lists = grammar().lists
    values = list(sentence.values)
    for i, slot in enumerate(template.slots):
        if slot not in ("hero", "object") or rng.random() < 0.2:
            values[i] = rng.choice(lists[SLOT_LISTS.get(slot, slot)])
    return template.fill(tuple(values))
