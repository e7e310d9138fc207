import random
import re
from collections import Counter

import pytest

from rlmr.sandbox.world import SLOT, SLOT_LISTS, STAGES, grammar, parse, parse_sentence, split

G = grammar()


@pytest.mark.parametrize("template", [t for t in G.templates if t.stage != "title"], ids=lambda t: t.pattern)
def test_every_template_parses_back_exactly(template):
    rng = random.Random(template.id)
    for _ in range(5):
        values = tuple(rng.choice(G.lists[SLOT_LISTS.get(s, s)]) for s in template.slots)
        sentence = parse_sentence(template.fill(values))
        assert (sentence.template, sentence.values) == (template, values)


def test_no_word_has_two_roles():
    listed = [w for words in G.lists.values() for w in words]
    literal = {w.lower() for t in G.templates for w in re.findall(r"[A-Za-z]+", SLOT.sub("", t.pattern))}
    assert [w for w, n in Counter(listed).items() if n > 1] == []
    assert literal & set(listed) == set()
    assert 500 <= len(literal | set(listed)) <= 1500


def test_the_grammar_is_rich():
    assert len(G.templates) > 200
    assert set(G.by_stage) == set(STAGES)
    assert all(len(templates) >= 8 for templates in G.by_stage.values())


@pytest.mark.parametrize(
    "broken",
    [
        "the fox felt happy.",
        "The fox felt happy",
        "The fox felt key.",
        "The fox felt happy happy.",
        "A owl came to the forest with a key.",
        "fox The felt happy.",
        "The fox felt.",
        '"I will help you, said the owl.',
    ],
)
def test_a_broken_sentence_has_no_template(broken):
    assert parse_sentence(broken).template is None


def test_an_empty_text_has_no_sentences():
    assert parse("") == []
    assert split("  \n ") == (None, [])


def test_a_title_is_the_line_before_the_story():
    title, sentences = split("The lost key\nThe fox felt sad. The fox felt happy.")
    assert title == "The lost key"
    assert len(sentences) == 2
