"""English verse: known poems as positives, their perturbations as negatives."""

import random

import pytest

from rlmr.constraints import Acrostic, Haiku, Rhyme, SyllablePattern, VerseForm
from rlmr.text.english_sounds import line_syllables, rhymes

SONNET_18 = """Shall I compare thee to a summer's day?
Thou art more lovely and more temperate:
Rough winds do shake the darling buds of May,
And summer's lease hath all too short a date;
Sometime too hot the eye of heaven shines,
And often is his gold complexion dimm'd;
And every fair from fair sometime declines,
By chance or nature's changing course untrimm'd;
But thy eternal summer shall not fade,
Nor lose possession of that fair thou ow'st;
Nor shall death brag thou wander'st in his shade,
When in eternal lines to time thou grow'st:
So long as men can breathe or eyes can see,
So long lives this, and this gives life to thee."""
SONNET_130 = """My mistress' eyes are nothing like the sun;
Coral is far more red than her lips' red;
If snow be white, why then her breasts are dun;
If hairs be wires, black wires grow on her head.
I have seen roses damask'd, red and white,
But no such roses see I in her cheeks;
And in some perfumes is there more delight
Than in the breath that from my mistress reeks.
I love to hear her speak, yet well I know
That music hath a far more pleasing sound;
I grant I never saw a goddess go;
My mistress, when she walks, treads on the ground:
And yet, by heaven, I think my love as rare
As any she belied with false compare."""
LIMERICK = """There was an Old Man with a beard,
Who said, "It is just as I feared!
Two Owls and a Hen,
Four Larks and a Wren,
Have all built their nests in my beard!\""""
OZYMANDIAS_LIKE = """The sun went down behind the farthest hill,
The shepherd called his scattered flock to fold,
The evening air was growing clear and cold,
And all the birds along the stream were still."""
VILLANELLE = """The river keeps the promise of the rain,
And nothing that it carries comes to stay;
I walk the road and will not walk again.

The lamps are lit along the window pane,
The children call the closing of the day;
The river keeps the promise of the rain.

My father sowed this valley, grain by grain,
And gave to every bird its share of hay;
I walk the road and will not walk again.

The miller counts the weather like a gain,
The ferryman has little more to say:
The river keeps the promise of the rain.

What grew in sun has ripened out of pain,
And what was green in April now is gray;
I walk the road and will not walk again.

So let the water rise and let it drain,
And let the footprints slowly wash away:
The river keeps the promise of the rain;
I walk the road and will not walk again."""
ALICE = """A boat, beneath a sunny sky
Lingering onward dreamily
In an evening of July

Children three that nestle near,
Eager eye and willing ear,
Pleased a simple tale to hear"""
HAIKU = """An old silent pond
A frog jumps into the pond
Splash! Silence again"""


@pytest.mark.parametrize("poem", [SONNET_18, SONNET_130])
@pytest.mark.parametrize("form", ["sonnet", "shakespearean_sonnet"])
def test_sonnets(poem, form):
    assert VerseForm(form, tolerance=0).check(poem).passed, VerseForm(form).check(poem)
    assert VerseForm(form).check("Sonnet\n\n" + poem).passed
    lines = poem.splitlines()
    assert not VerseForm(form).check("\n".join(lines[:-1])).passed
    assert (
        not VerseForm(form)
        .check("\n".join([*lines[:5], "And nothing rhymes with orange", *lines[6:]]))
        .passed
    )
    shuffled = random.Random(1).sample(lines, len(lines))
    assert not VerseForm(form).check("\n".join(shuffled)).passed


def test_limerick():
    assert VerseForm("limerick").check(LIMERICK).passed
    assert Rhyme("AABBA").check(LIMERICK).measured == 0
    lines = LIMERICK.splitlines()
    assert not VerseForm("limerick").check("\n".join(lines[:4])).passed
    assert not VerseForm("limerick").check("\n".join([*lines[:2], lines[4], *lines[2:4]])).passed
    assert not VerseForm("limerick").check(LIMERICK.replace("Wren", "Crow")).passed


def test_villanelle():
    assert VerseForm("villanelle").check(VILLANELLE).passed, VerseForm("villanelle").check(VILLANELLE)
    broken = VILLANELLE.replace(
        "The river keeps the promise of the rain.", "The river breaks the promise of the rain.", 1
    )
    assert VerseForm("villanelle").check(broken).reason == "a refrain differs"
    assert not VerseForm("villanelle").check(VILLANELLE.replace("stay;", "go;", 1)).passed


def test_schemes():
    assert Rhyme("ABBA").check(OZYMANDIAS_LIKE).passed
    assert not Rhyme("AABB").check(OZYMANDIAS_LIKE).passed
    assert not Rhyme("ABBA").check(OZYMANDIAS_LIKE.replace("cold", "chill")).passed
    assert Rhyme("ABABCDCDEFEFGG").check(SONNET_18).passed


def test_acrostic_of_carroll():
    assert Acrostic("ALICEP").check(ALICE).passed
    assert not Acrostic("ALICEP").check(ALICE.replace("Eager", "Keen")).passed
    assert not Acrostic("ALICE").check(ALICE).passed
    assert Acrostic("nt", unit="paragraph", position="last").check("It was then\n\nand there it").passed


@pytest.mark.parametrize(
    "poem",
    [HAIKU, "Rain on the tin roof\nthe kettle starts to whistle\nnobody comes home", "Haiku\n\n" + HAIKU],
)
def test_haiku(poem):
    assert Haiku().check(poem).passed, Haiku().check(poem)
    assert not Haiku().check(poem + " and again").passed
    assert not Haiku().check(poem.replace("\n", " ")).passed
    assert Haiku(tolerance=2).check(poem + " a bit").passed


def test_syllables_of_verse():
    assert SyllablePattern((10,) * 14, tolerance=1).check(SONNET_130).passed
    low, high = line_syllables("Rough winds do shake the darling buds of May")
    assert low <= 10 <= high


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("night", "kite", True),
        ("through", "blue", True),
        ("love", "move", True),
        ("orange", "sun", False),
        ("singing", "running", False),
        ("cat", "cats", False),
        ("night", "night", False),
        ("moonlight", "bright", True),
    ],
)
def test_rhymes(one, other, expected):
    assert rhymes(one, other) is rhymes(other, one) is expected
