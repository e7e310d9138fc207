"""Preferences: every bad row named before training, groups that never split, leaks that are errors."""

import json
import os
from pathlib import Path

import pytest

from rlmr.rewards.preferences import (
    Preference,
    PreferenceError,
    check_splits,
    folds,
    grouped,
    leaks,
    read_preferences,
    repeated,
    without_repeats,
)
from rlmr.rewards.public import CRITERIA, read_hanna, read_lamp

SHARED = Path(os.environ.get("RLMR_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
GOOD = {"prompt": "Write.", "chosen": "a fox", "rejected": "a hen"}


def written(path, rows):
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows) + "\n")
    return path


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"prompt": "Write.", "chosen": "a"}, "rejected: missing; the row has 'prompt', 'chosen'"),
        ({"chosen": "a", "rejected": "b"}, "prompt: missing"),
        (GOOD | {"chosen": 3}, "chosen: 3 is not allowed; text, not int"),
        (GOOD | {"rejected": "  "}, "rejected: the text is empty"),
        (GOOD | {"rejected": "a fox"}, "chosen and rejected are the same text"),
        (GOOD | {"label": 1.5}, "label: 1.5 is not allowed"),
        (GOOD | {"label": True}, "label: True is not allowed"),
        (GOOD | {"margin": -1}, "margin: -1 is not allowed"),
        (GOOD | {"prompt": ""}, "a prompt holds at least one character"),
    ],
)
def test_a_bad_row_is_named(tmp_path, row, message):
    path = written(tmp_path / "p.jsonl", [GOOD, row])
    with pytest.raises(PreferenceError) as caught:
        read_preferences(path)
    assert f"{path}:2: " in str(caught.value) and message in str(caught.value)


def test_all_bad_rows_are_listed_at_once_and_counted(tmp_path):
    path = written(tmp_path / "p.jsonl", [GOOD | {"chosen": ""}] * 13)
    with pytest.raises(PreferenceError) as caught:
        read_preferences(path)
    lines = str(caught.value).splitlines()
    assert len(lines) == 11 and lines[-1] == "... and 3 more"


def test_messages_soft_labels_and_splits_are_read(tmp_path):
    chat = [{"role": "user", "content": "Write."}, {"role": "assistant", "content": "a fox"}]
    rows = [GOOD | {"chosen": chat, "label": 0.7, "margin": 2, "split": "test"}, GOOD | {"chosen": "an owl"}]
    path = written(tmp_path / "p.jsonl", rows)
    [one] = read_preferences(path, split="test")
    assert (one.chosen, one.label, one.margin, one.place) == ("a fox", 0.7, 2.0, f"{path}:1")
    with pytest.raises(PreferenceError, match="no rows of split 'val'; it has \\(none\\), test"):
        read_preferences(path, split="val")


def test_a_prompt_or_a_text_on_both_sides_is_an_error_that_names_rows():
    a = Preference("Write of foxes.", "x", "y", place="a:1")
    same_prompt = Preference(" write of FOXES. ", "u", "v", place="b:1")
    same_text = Preference("Write of hens.", "w", "X", place="b:2")
    with pytest.raises(PreferenceError) as caught:
        check_splits([a], [same_prompt, same_text])
    assert "prompt: b:1 repeats a:1" in str(caught.value) and "text: b:2 repeats a:1" in str(caught.value)
    assert leaks([a], [Preference("Write of owls.", "r", "s")]) == []


def test_repeats_are_found_and_taken_once_but_a_disagreement_is_none():
    pairs = [
        Preference("p", "x", "y", place="1"),
        Preference("p", "x ", "y", place="2"),
        Preference("p", "y", "x", place="3"),
    ]
    assert len(repeated(pairs)) == 1 and repeated(pairs)[0].startswith("2 repeats 1")
    assert [p.place for p in without_repeats(pairs)] == ["1", "3"]


def test_folds_keep_groups_whole_and_are_even():
    pairs = grouped([Preference(f"p{i % 7}", f"a{i}", f"b{i}", place=str(i)) for i in range(70)])
    number = folds(pairs, 5, 3)
    assert {
        len({n for n, p in zip(number, pairs, strict=True) if p.prompt == f"p{i}"}) for i in range(7)
    } == {1}
    assert folds(pairs, 5, 3) == number != folds(pairs, 5, 4)
    with pytest.raises(PreferenceError, match="8 folds need 8 prompts or more; there are 7"):
        folds(pairs, 8)


def test_hanna_as_published(tmp_path):
    head = "Story ID,Prompt,Human,Story,Model," + ",".join(CRITERIA) + ",Worker ID"
    rows = [
        f"{i},Write.,h,story {i},m,{s},{s},{s},{s},{s},{s},w" for i, s in ((0, 1), (0, 2), (1, 4), (2, 4))
    ]
    path = tmp_path / "hanna.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    pairs = read_hanna(path)
    assert {(p.chosen, p.rejected, p.margin) for p in pairs} == {
        ("story 1", "story 0", 2.5), ("story 2", "story 0", 2.5),
    }  # fmt: skip
    path.write_text("Prompt,Story\np,s\n")
    with pytest.raises(PreferenceError, match="no column Story ID, Relevance"):
        read_hanna(path)


def test_lamp_as_published(tmp_path):
    asked = "Judge.\n\nParagraph 1:\nOne.\n\nTwo.\n\nParagraph 2:\nThree.\n\nYou must produce your answer."
    row = {
        "messages": [
            {"role": "user", "content": asked},
            {"role": "assistant", "content": '{"preference": "2"}'},
        ]
    }
    path = written(tmp_path / "test_dataset.json", [row])
    [pair] = read_lamp(path)
    assert (pair.chosen, pair.rejected) == ("Three.", "One.\n\nTwo.")
    row["messages"][1]["content"] = "both"
    with pytest.raises(PreferenceError, match=r"test_dataset.json:1: no two paragraphs"):
        read_lamp(written(path, [row]))


def test_the_real_sets_as_they_were_counted():
    if not (SHARED / "hanna").is_dir():
        pytest.skip("no shared data: hanna not found (set RLMR_SHARED_DATA)")
    hanna = read_hanna(SHARED / "hanna" / "pairs.jsonl.gz")
    assert (len(hanna), len({p.group for p in hanna}), repeated(hanna)) == (5145, 96, [])
    assert len([p for p in hanna if p.margin >= 0.5]) == 2996
    sides = {split: [p for p in hanna if p.split == split] for split in ("train", "val", "test")}
    assert not leaks(sides["train"], sides["test"]) and not leaks(sides["val"], sides["test"])
    lamp = read_lamp(SHARED / "lamp_wq" / "lamp_edit_pairs.jsonl")
    assert len(lamp) == 996 and len(without_repeats(lamp)) == 844
    sides = {split: [p for p in lamp if p.split == split] for split in ("train", "val", "test")}
    assert not leaks(sides["train"], sides["test"])
    assert len(leaks(sides["val"], sides["test"])) == 101, "LAMP's val pairs are its test pairs"
