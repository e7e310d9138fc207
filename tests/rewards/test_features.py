"""What is read off a text's tokens without an encoder."""

import pytest

from rlmr.rewards.features import (
    MARKS,
    SURFACE,
    as_sparse,
    grams,
    learn_lexicon,
    mark_ids,
    own,
    surface,
)

TEXTS = [[1, 2, 3, 1, 2], [1, 2, 9], [7, 8]]


class Tokens:
    def get_vocab(self):
        return {".": 4, ",": 5}


def test_a_mark_that_is_no_token_is_never_met():
    marks = mark_ids(Tokens())
    assert marks[0] == 4 and marks[MARKS.index(",")] == 5 and marks.count(-1) == len(MARKS) - 2
    assert len(surface([1, 4, 2], marks)) == len(SURFACE) + len(MARKS)
    assert not surface([], marks).any()


def test_repetition_shows_and_order_does_not_hide_it():
    names = dict(zip(SURFACE, surface([1, 2, 3] * 4, [-1] * 6), strict=False))
    assert names["repeated triples"] == pytest.approx(1 - 3 / 10)
    fresh = dict(zip(SURFACE, surface(list(range(12)), [-1] * 6), strict=False))
    assert fresh["repeated triples"] == 0 and fresh["different tokens"] == 1


def test_a_gram_counts_where_two_texts_hold_it():
    lexicon = learn_lexicon(TEXTS, 10)
    assert lexicon.keys.tolist() == [1, 2, 22]
    at, values = lexicon.weights([1, 2, 1, 2, 5])
    assert at.tolist() == [0, 1, 2] and values @ values == pytest.approx(1.0)
    assert values[0] == pytest.approx(values[1]) and lexicon.weights([5, 6])[0].size == 0
    rows = as_sparse([lexicon.weights(text) for text in TEXTS], 3)
    assert rows.shape == (3, 3) and rows[2].nnz == 0


def test_a_pair_is_told_from_the_pair_the_other_way_round_and_from_every_token():
    forward, backward = set(grams([3, 9], 10)[0].tolist()), set(grams([9, 3], 10)[0].tolist())
    assert forward & backward == {3, 9} and max(forward | backward) < 10 * 11
    assert all(key >= 10 for key in (forward | backward) - {3, 9})


def test_what_is_copied_from_the_prompt_is_left_out_and_nothing_else():
    prompt = [5, 6, 7, 8, 9, 10]
    assert own([*prompt, 1, 2, 3], prompt) == [1, 2, 3]
    assert own([1, 6, 7, 8, 9, 2], prompt) == [1, 2]
    assert own([5, 6, 7, 1, 8, 9, 10], prompt) == [5, 6, 7, 1, 8, 9, 10]
    assert own(prompt, prompt) == [] and own([1, 2], []) == [1, 2]
