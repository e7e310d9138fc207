"""Writing a run folder, reading it back, mixing it again from its raw columns."""

import errno
import math
from collections import namedtuple

import pytest

from rlmr.constraints.base import Status, Verdict
from rlmr.runs import (
    Mixture,
    Row,
    RunError,
    RunWriter,
    measure,
    mix_rows,
    mixture_of,
    read_run,
    recompute,
    remix,
)
from rlmr.runs import write as write_module
from rlmr.runs.files import read_lines
from rlmr.runs.remixing import state_before

CONFIG = {
    "name": "test",
    "mixing": {"rule": "rlmr", "soft_weight": 1.0, "gamma": 0.25},
    "reward": {"model": "rm", "standardize": {"mean": 2.0, "std": 4.0}},
    "hub_token": "secret-value",
}
STATUS = {"p": Status.PASS, "f": Status.FAIL, "?": Status.UNKNOWN}


def make_row(group, index, score, outcomes, step=1, roles="hhs"):
    """One row with three verdicts: word_count and dialogue (hard), style (soft)."""
    kinds = zip(("word_count", "dialogue", "style"), outcomes, roles, strict=True)
    role = {"h": "hard", "s": "soft", "x": "probe"}
    verdicts = tuple(
        Verdict(
            kind, STATUS[mark], 3, "2 words", ((0, 4),), "timeout: 1 s" if mark == "?" else "", role=role[r]
        )
        for kind, mark, r in kinds
    )
    scores = {"quality": score}
    return Row(
        step, "train", group, index, f"task{group}", "Write.", "Once.", "Once.", 2, True, scores, verdicts
    )


GROUPS = [
    [
        make_row(0, i, score, marks)
        for i, (score, marks) in enumerate([(6.0, "fpp"), (2.0, "ppf"), (-1.5, "ppp")])
    ],
    [
        make_row(1, i, score, marks)
        for i, (score, marks) in enumerate([(None, "fpp"), (1.0, "p?p"), (0.5, "ffp")])
    ],
    [make_row(2, i, score, "ppp") for i, score in enumerate([1.0, 1.0, 3.0])],
]


@pytest.fixture
def writer(tmp_path):
    return RunWriter(tmp_path / "run", CONFIG, {"threads": 1}, total_steps=2)


def rows_of(mixed):
    return [row for group in mixed.groups for row in group]


def test_a_run_comes_back_as_it_was_written(writer):
    mixed = mix_rows(GROUPS, mixture_of(CONFIG))
    writer.groups(1, rows_of(mixed))
    writer.metrics(1, {"loss": 0.5, "kl": math.nan})
    writer.status("finished", 2)
    run = read_run(writer.folder)
    assert run.status == {"state": "finished", "step": 2, "total_steps": 2, "reason": ""}
    assert run.steps == [1]
    assert run.metrics[0]["loss"] == 0.5 and run.metrics[0]["kl"] is None
    assert run.groups(1) == GROUPS
    assert [row.derived for row in rows_of(mixed)] == [
        row.derived for group in run.groups(1) for row in group
    ]
    assert run.environment == {"threads": 1}


def test_the_written_layout_is_the_promised_one(writer):
    writer.groups(1, rows_of(mix_rows(GROUPS, mixture_of(CONFIG))))
    names = {path.name for path in writer.folder.iterdir()}
    assert {"config.yaml", "environment.json", "groups", "status.json", "evaluation"} <= names
    first = read_lines(writer.folder / "groups/step_000001.jsonl.gz")[0]
    assert list(first) == [
        *("schema", "step", "split", "group", "index", "task", "prompt", "completion", "answer", "tokens"),
        *("finished", "scores", "verdicts", "derived"),
    ]
    assert list(first["derived"]) == [
        *("rule", "passed", "unknown", "severity", "quality", "distance_before", "distance_after", "penalty"),
        *("case", "advantage"),
    ]


def rewrite(row, step):
    """The row as another step might have had it: another text of the group fails."""
    outcomes = "fpp" if row.index == step % 3 else "ppp"
    return make_row(row.group, row.index, row.scores["quality"], outcomes, step)


@pytest.mark.parametrize("rule", ["rlmr", "lagrangian", "gdpo", "weighted_sum", "writing_only"])
def test_derived_numbers_recompute_from_the_raw_columns(tmp_path, rule):
    config = {**CONFIG, "mixing": {"rule": rule}}
    writer = RunWriter(tmp_path / "run", config, {}, total_steps=3)
    state, evaluated = None, []
    for step in (1, 2, 3):
        groups = [[rewrite(row, step) for row in group] for group in GROUPS]
        mixed = mix_rows(groups, mixture_of(config), state)
        writer.groups(step, rows_of(mixed))
        writer.metrics(step, measure(mixed, (state or {}).items()))
        state = mixed.mixed.state
        evaluated = rows_of(mix_rows(GROUPS, mixture_of(config), state))
        writer.groups(step, evaluated, split="eval")
    run = read_run(tmp_path / "run")
    assert [row.derived for row in rows_of(recompute(run, 3, "eval"))] == [row.derived for row in evaluated]
    assert (state_before(run, 3) is not None) == (rule == "lagrangian")
    for step in run.steps:
        recorded = [row.derived for group in run.groups(step) for row in group]
        assert [row.derived for row in rows_of(recompute(run, step))] == recorded


def test_recompute_reads_raw_columns_only(writer):
    mixed = mix_rows(GROUPS, mixture_of(CONFIG))
    stripped = [Row.from_dict({**row.to_dict(), "derived": None}) for row in rows_of(mixed)]
    writer.groups(1, stripped)
    again = recompute(read_run(writer.folder), 1)
    assert [row.derived for row in rows_of(again)] == [row.derived for row in rows_of(mixed)]


def test_remix_asks_another_rule_about_the_same_texts(writer):
    writer.groups(1, rows_of(mix_rows(GROUPS, mixture_of(CONFIG))))
    run = read_run(writer.folder)
    other = rows_of(remix(run, 1, "writing_only"))
    assert other[0].derived.rule == "writing_only"
    assert other[0].derived.advantage > 0 > rows_of(recompute(run, 1))[0].derived.advantage
    with pytest.raises(ValueError, match="gdpo"):
        remix(run, 1, "gdppo")


def test_violators_are_negative_and_unknown_texts_take_no_part():
    mixed = rows_of(mix_rows(GROUPS, Mixture()))
    violators = [row.derived for row in mixed if not row.derived.unknown and not row.derived.passed]
    assert len(violators) == 2 and all(v.advantage < 0 for v in violators)
    unknown = [row.derived for row in mixed if row.derived.unknown]
    assert [(u.advantage, u.quality, u.penalty) for u in unknown] == [(0.0, None, None)] * 2


def test_standardisation_and_soft_share_make_the_quality():
    mixture = Mixture(mean=2.0, std=4.0, soft_weight=0.5)
    rows = rows_of(mix_rows(GROUPS, mixture))
    assert rows[0].derived.quality == (6.0 - 2.0) / 4.0 + 0.5
    assert rows[1].derived.quality == 0.0


def test_a_soft_verdict_that_is_unknown_weighs_nothing_where_soft_ones_weigh_nothing():
    groups = [[make_row(0, 0, 1.0, "pp?"), make_row(0, 1, 3.0, "ppp")]]
    known = [row.derived.unknown for row in rows_of(mix_rows(groups, Mixture(soft_weight=0.0)))]
    assert known == [False, False]
    assert [row.derived.unknown for row in rows_of(mix_rows(groups, Mixture()))] == [True, False]


def test_a_group_in_which_nothing_is_known_gets_zeros():
    mixed = mix_rows([[make_row(0, i, None, "ppp") for i in range(3)]], Mixture())
    assert mixed.advantages == [0.0, 0.0, 0.0]
    numbers = measure(mixed)
    assert math.isnan(numbers["pass_rate"]) and math.isnan(numbers["reward/quality_mean"])
    assert numbers["unknown_share"] == 1.0 and numbers["unknown/score_quality"] == 1.0


def test_metrics_have_a_name_for_every_column_and_verdict():
    numbers = measure(mix_rows(GROUPS, Mixture()), {"dual": 1.5}.items())
    assert numbers["pass_rate/word_count"] == pytest.approx(6 / 9)
    assert numbers["pass_rate/dialogue"] == pytest.approx(7 / 8)
    assert numbers["unknown/timeout"] == pytest.approx(1 / 9)
    assert numbers["unknown/score_quality"] == pytest.approx(1 / 9)
    assert numbers["pass_rate"] == pytest.approx(5 / 7)
    assert numbers["violators_rewarded"] == 0
    assert numbers["reward/quality_mean"] == pytest.approx(13.0 / 8)
    assert numbers["words_mean"] == 1.0 and numbers["tokens_mean"] == 2.0
    assert numbers["mixing_state/dual"] == 1.5


def test_secrets_never_reach_the_record(writer):
    assert "secret-value" not in (writer.folder / "config.yaml").read_text()


def test_a_full_folder_is_refused_unless_overwritten(writer):
    writer.metrics(1, {"loss": 1.0})
    (writer.folder / "report.html").write_text("mine")
    with pytest.raises(RunError, match=r"not empty.*--overwrite"):
        RunWriter(writer.folder, CONFIG, {}, total_steps=1)
    assert len(read_run(writer.folder).metrics) == 1
    writer.status("failed", 1)
    RunWriter(writer.folder, CONFIG, {}, total_steps=1, overwrite=True)
    assert read_run(writer.folder).metrics == []
    assert (writer.folder / "report.html").read_text() == "mine"


def test_overwrite_touches_nothing_but_runs(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(RunError, match="holds no run"):
        RunWriter(tmp_path, CONFIG, {}, total_steps=1, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_too_little_space_is_said_before_anything_is_written(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(write_module.shutil, "disk_usage", lambda _: usage(10**9, 10**9 - 2**20, 2**20))
    with pytest.raises(RunError, match=r"1.0 MiB free.*needs about 8.0 MiB"):
        RunWriter(tmp_path / "run", CONFIG, {}, total_steps=1, need_bytes=8 * 2**20)
    assert not (tmp_path / "run").exists()


def test_a_disk_that_refuses_the_probe_leaves_no_folder(tmp_path, monkeypatch):
    def refuse(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(write_module, "write_whole", refuse)
    with pytest.raises(RunError, match="No space left on device"):
        RunWriter(tmp_path / "run", CONFIG, {}, total_steps=1)
    assert not (tmp_path / "run").exists()


def test_a_full_disk_keeps_room_for_the_last_word(writer, monkeypatch):
    reserve = writer.folder / ".reserve"
    written = write_module.write_json

    def only_with_room(path, value):
        if reserve.exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        written(path, value)

    monkeypatch.setattr(write_module, "write_json", only_with_room)
    with pytest.raises(RunError, match="No space"):
        writer.status("running", 1)
    writer.status("failed", 1, "full")
    assert read_run(writer.folder).status["reason"] == "full"


def test_reading_says_what_is_missing(tmp_path, writer):
    with pytest.raises(RunError, match=r"config\.yaml and status\.json"):
        read_run(tmp_path / "nothing")
    with pytest.raises(RunError, match="recorded steps: none"):
        read_run(writer.folder).groups(7)


def test_a_newer_schema_is_refused():
    newer = {**GROUPS[0][0].to_dict(), "schema": 2}
    with pytest.raises(RunError, match="newer"):
        Row.from_dict(newer)
