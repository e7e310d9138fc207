"""词牌: the well-known 词 as positives, their perturbations as negatives."""

import json
from pathlib import Path

import pytest

from rlmr.constraints import CiTune, ConstraintError
from rlmr.constraints.types.verse.tunes import TUNES
from rlmr.text import chinese_sounds

ROWS = [json.loads(line) for line in (Path(__file__).parent / "ci.jsonl").read_text("utf-8").splitlines()]
POEMS = {row["tune"]: row["text"] for row in ROWS if not row["misses"]}
OLD_RHYMES = {row["tune"]: row["text"] for row in ROWS if row["misses"]}
"""One rhyme of each of these is none by today's pronunciation."""


def test_every_tune_is_proved():
    assert set(POEMS) | set(OLD_RHYMES) | {"十六字令"} == set(TUNES)
    assert all(len(tune.clauses) == len(tune.rhymes) for tune in TUNES.values())


@pytest.mark.parametrize("name", POEMS)
def test_poems_keep_their_tune_and_perturbations_break_it(name):
    poem, tune = POEMS[name], CiTune(name, lang="zh")
    assert tune.check(poem).passed, tune.check(poem)
    assert tune.check(f"{name}\n\n{poem}").passed
    assert not tune.check(poem.replace(poem[1], "", 1)).passed
    ends = [i - 1 for i, c in enumerate(poem) if c in "，。？！；、"]
    first = TUNES[name].rhymes.index("A")
    strange = next(c for c in "灯花山路" if not _rhymes(c, poem[ends[first]]))
    broken = poem[: ends[first]] + strange + poem[ends[first] + 1 :]
    assert "does not rhyme" in tune.check(broken).reason
    assert CiTune(name, rhyme=False).check(broken).passed
    assert not any(CiTune(o).check(poem).passed for o in TUNES if o != name)


@pytest.mark.parametrize("name", OLD_RHYMES)
def test_old_rhymes_need_tolerance(name):
    poem = OLD_RHYMES[name]
    assert not CiTune(name).check(poem).passed
    assert CiTune(name, tolerance=1).check(poem).passed, CiTune(name, tolerance=1).check(poem)


def test_bad_parameters():
    with pytest.raises(ConstraintError, match="'如夢令' is not allowed"):
        CiTune("如夢令")
    with pytest.raises(ConstraintError, match="give 0 or more"):
        CiTune("如梦令", tolerance=-1)


def _rhymes(one, other):
    return bool(chinese_sounds.rhyme_groups(one) & chinese_sounds.rhyme_groups(other))
