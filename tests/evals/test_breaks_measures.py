"""Each measure of what writing RL breaks, on texts whose number is known."""

import math
import zlib
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlmr.evals.breaks import diversity, gaming, repetition, wording
from rlmr.evals.breaks.words import grams, tokens

QUICK = settings(deadline=None, max_examples=25)
WORD = st.sampled_from(["fox", "hen", "sea", "hill", "ran", "rose", "old", "grey", "月", "光"])
TEXT = st.lists(WORD, max_size=60).map(" ".join)


@pytest.mark.parametrize(
    ("text", "n", "share"),
    [
        ("one two three four", 4, 0.0),
        ("a b c d a b c d", 4, 0.2),
        ("The sea. The SEA. the sea", 2, 0.6),
        ("床前明月光床前明月光", 4, 2 / 7),
    ],
)
def test_repeated_share_counts_what_stood_before(text, n, share):
    assert repetition.repeated_share(text, n) == pytest.approx(share)


def test_repetition_of_too_little_is_unknown():
    assert math.isnan(repetition.repeated_share("one two three"))
    assert math.isnan(repetition.variety("too few words"))
    assert math.isnan(repetition.compression("short"))
    assert math.isnan(repetition.loops(" ... "))


def test_variety_does_not_fall_with_length():
    words = " ".join(f"w{i}" for i in range(25))
    assert repetition.variety(words) == repetition.variety(f"{words} " * 8) == 1.0
    assert repetition.variety("the fox " * 100) == pytest.approx(2 / 25)


def test_loops_and_compression_are_the_gates():
    loop = "The sea came in again. " * 60
    assert repetition.loops(loop) == 1.0
    assert repetition.compression(loop) == pytest.approx(
        len(loop[:1380].encode()) / len(zlib.compress(loop[:1380].encode(), 1)), rel=0.01
    )
    assert repetition.loops("She went home, and the rain went with her.") == 0.0


def bleu(words, other):
    """BLEU-4 with one added from bigrams on, the slow way."""
    product = 1.0
    for n in (1, 2, 3, 4):
        mine, theirs = Counter(grams(words, n)), Counter(grams(other, n))
        matched = sum(min(count, theirs[gram]) for gram, count in mine.items())
        add = n > 1
        if not matched + add:
            return 0.0
        product *= (matched + add) / (mine.total() + add)
    return product**0.25 * min(1.0, math.exp(1.0 - len(other) / len(words)))


@QUICK
@given(st.lists(TEXT, min_size=2, max_size=5))
def test_self_bleu_is_the_mean_over_ordered_pairs(texts):
    words = [tokens(text) for text in texts if tokens(text)]
    values = [bleu(a, b) for i, a in enumerate(words) for j, b in enumerate(words) if i != j]
    found = diversity.self_bleu(texts)
    assert found == pytest.approx(sum(values) / len(values) if values else math.nan, nan_ok=True)
    assert math.isnan(found) or -1e-12 <= found <= 1 + 1e-12
    assert diversity.self_bleu(texts[::-1]) == pytest.approx(found, nan_ok=True)


def test_heads_keep_length_out():
    head = " ".join(f"w{i}" for i in range(100))
    longer = [f"{head} {tail * 300}" for tail in ("more ", "less ")]
    assert diversity.self_bleu(longer) == pytest.approx(1.0)
    assert diversity.distinct([longer[0]]) == diversity.distinct([head]) == 1.0
    letters = "abcdefghij" * 50
    assert diversity.joint_compression([letters + "x" * 999]) == diversity.joint_compression([letters])


@pytest.mark.parametrize(
    ("texts", "share", "entropy"),
    [
        (["Once upon a time.", "ONCE upon a hill.", "It rained all day.", "Fog."], 0.5, 0.75),
        (["Same start here"] * 5, 1.0, 0.0),
        (["One.", "Two.", "..."], 0.5, 1.0),
        (["床前明月光", "床前明天", "夜来风雨", "白日依山"], 0.5, 0.75),
    ],
)
def test_openings(texts, share, entropy):
    assert diversity.opening_share(texts) == pytest.approx(share)
    assert diversity.opening_entropy(texts) == pytest.approx(entropy)


def test_diversity_of_nothing_is_unknown():
    for measure in (
        diversity.distinct,
        diversity.self_bleu,
        diversity.joint_compression,
        diversity.opening_share,
        diversity.opening_entropy,
    ):
        assert math.isnan(measure([]))
        assert math.isnan(measure([" "]))


def test_texts_that_collapse_are_less_diverse_by_every_measure():
    free = [" ".join(f"{kind}{i}{k}" for k in range(40)) for i, kind in enumerate("abcdefgh")]
    stock = [f"Once upon a time there was a fox who loved the sea and number {i}." for i in range(8)]
    assert diversity.distinct(stock) < diversity.distinct(free)
    assert diversity.self_bleu(stock) > diversity.self_bleu(free)
    assert diversity.joint_compression(stock) > diversity.joint_compression(free)
    assert diversity.opening_share(stock) > diversity.opening_share(free)
    assert diversity.opening_entropy(stock) < diversity.opening_entropy(free)


@pytest.mark.parametrize(
    ("text", "lang", "praised"),
    [
        ("Rain fell.\n\nThis haiku captures the quiet of a wet street.", "en", True),
        ("Rain fell.\n\nI hope you enjoy this little poem!", "en", True),
        ("Rain fell.\n\nThe vivid imagery draws you in.", "en", True),
        ("Rain fell. All of the constraints have been met.", "en", True),
        ("This story captures me, said Tom.\n\nThen he shut the book.", "en", False),
        ("He wrote the letter.\n\nThe letter reminded him of home.", "en", False),
        ("雨落下来。\n\n这首诗生动地展现了雨夜的宁静。", "zh", True),
        ("雨落下来。\n\n希望您喜欢这篇故事。", "zh", True),
        ("雨落下来。\n\n她把信放进了抽屉。", "zh", False),
    ],
)
def test_self_praise_is_looked_for_at_the_end(text, lang, praised):
    assert wording.praises_itself(text, lang) == praised


def test_manners_are_the_constraints():
    assert wording.wrapped("当然！以下是一首诗：\n\n雨落下来。", "zh") == 1.0
    assert wording.summed_up("雨落下来。\n\n总之，雨是好的。", "zh") == 1.0
    assert wording.slop("总之，雨下了。", "zh") == pytest.approx(1000 / 5)
    assert wording.slop("No worn phrase stands here.") == 0.0
    assert wording.markdown("# One\n\n- two\n- three\n\n**Four** five") == pytest.approx(100 * 4 / 5)
    for measure in (
        wording.slop,
        wording.praises_itself,
        wording.wrapped,
        wording.summed_up,
        wording.markdown,
    ):
        assert math.isnan(measure("..."))


def test_gaming():
    words = {"fox", "lantern", "river", "snow"}
    told = "The fox went down. " + "It was a long way home. " * 5 + "A lantern shone. " + "Nobody came. " * 15
    told += "Snow fell on the river."
    listed = "Fox, lantern, river, snow. " + "It was a long way home and nobody came. " * 10
    assert gaming.keyword_packing(listed, words) == 1.0
    assert gaming.keyword_packing(told, words) == pytest.approx(0.5)
    assert gaming.keyword_density("fox fox fox ran", words) == 75.0
    assert math.isnan(gaming.keyword_density("fox", set()))
    assert math.isnan(gaming.keyword_packing("fox lantern", words))
    assert gaming.keywords("请写一首关于狐狸和灯笼的诗。", "zh") >= set("狐狸")
    prompt = "Write a story about a fox who carries a lantern over the frozen river."
    assert gaming.echo(prompt, prompt) == 1.0
    assert gaming.echo(prompt, told) == 0.0
    assert math.isnan(gaming.echo("", told))


@QUICK
@given(TEXT, st.sampled_from(["en", "zh"]))
def test_every_measure_is_a_share_a_rate_or_unknown(text, lang):
    for value in (
        repetition.repeated_share(text),
        repetition.variety(text),
        wording.praises_itself(text, lang),
        wording.wrapped(text, lang),
        gaming.echo(text, text),
    ):
        assert math.isnan(value) or 0 <= value <= 1
