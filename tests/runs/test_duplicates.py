"""What a repeat is, within a group and across groups."""

import pytest

from rlmr.runs.duplicates import duplicates

FOX = "Once a small red fox went home through the dark wood and slept."
HEN = "The hen sat on the wall all day and looked at the long road."


def test_equal_texts_repeat_each_other_whatever_their_case():
    assert duplicates([[FOX, FOX.upper(), HEN]]) == {"duplicates/within": 2 / 3, "duplicates/across": 0.0}
    assert duplicates([[FOX], [FOX.replace(".", "!")], [HEN]])["duplicates/across"] == 2 / 3


def test_a_text_told_again_with_another_name_is_a_repeat():
    long = FOX + " And so did every other animal that lived there in those cold days of winter."
    assert duplicates([[long, long.replace("fox", "cat")]])["duplicates/within"] == 1.0


def test_a_text_of_parts_of_others_is_a_repeat_and_they_are_not():
    one = "a b c d e f g h i j k l"
    two = "m n o p q r s t u v w x"
    found = duplicates([[one, two, "a b c d e f g h m n o p q r s t"]])
    assert found == {"duplicates/within": 0.0, "duplicates/across": 0.0}  # 10 of 13 pieces: under four fifths
    assert duplicates([[one, two, "a b c d e f g h i j m n o p q r s t u v"]])["duplicates/within"] == 1 / 3


@pytest.mark.parametrize(
    ("groups", "within", "across"),
    [
        ([["", ""]], 1.0, 0.0),
        ([["yes", "no"], ["yes"]], 0.0, 2 / 3),
        ([[FOX]], 0.0, 0.0),
        ([["山高月小水落石出", "山高月小水落石出"]], 1.0, 0.0),
    ],
)
def test_edges(groups, within, across):
    assert duplicates(groups) == {"duplicates/within": within, "duplicates/across": across}
