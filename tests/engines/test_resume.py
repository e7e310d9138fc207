"""Where a run goes on: its newest whole checkpoint, or its beginning; and what cannot go on."""

import shutil
from dataclasses import replace

import pytest
from engine_cases import CONSTRAINTS, Deadly, make_job, make_tasks, same
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from rlmr.constraints import parse
from rlmr.data import Task
from rlmr.engines import checkpoints
from rlmr.engines.checkpoints import find_newest, read_checkpoint
from rlmr.engines.settings import SettingsError, check_save_steps, make_config
from rlmr.engines.trl import train
from rlmr.runs import RunError, RunWriter, read_run
from rlmr.runs.files import read_lines

SHORT = {"max_steps": 4, "save_strategy": "steps", "save_steps": 1, "max_completion_length": 4}


@pytest.fixture(scope="module")
def short(tiny_policy, tmp_path_factory):
    """A run of four steps in two epochs, finished."""
    folder = tmp_path_factory.mktemp("short") / "run"
    assert train(make_job(tiny_policy, folder, grpo=SHORT)) == "finished"
    return folder


def begun(policy, folder, call=4, **options):
    """A run that ended at the given call of its scorer: the step of that number."""
    with pytest.raises(RuntimeError, match="killed"):
        train(make_job(policy, folder, grpo=SHORT, scorer=Deadly(call), **options))
    return folder


def resume(policy, folder, **options):
    return train(make_job(policy, folder, **{"grpo": SHORT, **options, "resume": True}))


def spoil_nothing(folder):
    """Leave it as it is."""


def cut_the_weights(folder):
    (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:-1])


def spoil_the_marker(folder):
    (folder / "complete.json").write_text('{"step": 3,')


@pytest.mark.parametrize(
    ("spoil", "said", "step"),
    [
        (spoil_nothing, "", 3),
        (lambda folder: (folder / "complete.json").unlink(), "half-written", 2),
        (lambda folder: (folder / "optimizer.pt").unlink(), "optimizer.pt is missing", 2),
        (cut_the_weights, "model.safetensors has", 2),
        (spoil_the_marker, "not JSON", 2),
    ],
)
def test_the_newest_whole_checkpoint_is_taken(tiny_policy, short, tmp_path, capsys, spoil, said, step):
    folder = begun(tiny_policy, tmp_path / "run")
    spoil(folder / "checkpoints" / "checkpoint-3")
    assert resume(tiny_policy, folder) == "finished"
    assert said in capsys.readouterr().err
    assert read_run(folder).environment["resumed"][0]["step"] == step
    same(folder, short)


def test_tied_weights_are_whole_after_it(tiny_policy, tmp_path, capfd):
    """A checkpoint holds an embedding and the head that is tied to it once."""
    config = AutoConfig.from_pretrained(tiny_policy, tie_word_embeddings=True)
    AutoModelForCausalLM.from_pretrained(tiny_policy, config=config).save_pretrained(tmp_path / "tied")
    AutoTokenizer.from_pretrained(tiny_policy).save_pretrained(tmp_path / "tied")
    train(make_job(tmp_path / "tied", tmp_path / "unstopped", grpo=SHORT))
    folder = begun(tmp_path / "tied", tmp_path / "run")
    capfd.readouterr()
    assert resume(tmp_path / "tied", folder) == "finished"
    assert "missing keys" not in capfd.readouterr().err
    same(folder, tmp_path / "unstopped")


def test_without_a_whole_checkpoint_a_run_begins_again(tiny_policy, short, tmp_path):
    folder = begun(tiny_policy, tmp_path / "run", call=2)
    (folder / "checkpoints" / "checkpoint-1" / "complete.json").unlink()
    with (folder / "metrics.jsonl").open("a") as file:
        file.write('{"step": 2, "lo')  # torn
    assert resume(tiny_policy, folder) == "finished"
    same(folder, short)


def test_a_run_that_was_killed_before_it_saved_its_policy_saves_it(tiny_policy, short, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(short, folder)
    shutil.rmtree(folder / "model")
    (folder / "model.part").mkdir()
    assert resume(tiny_policy, folder) == "finished"
    same(folder, short)
    assert not (folder / "model.part").exists()


@pytest.mark.parametrize("call", [2, 3])
def test_an_evaluation_at_the_start_is_recorded_once(tiny_policy, tmp_path, call):
    """Stopped before the first checkpoint, and after it."""
    grpo = {**SHORT, "eval_on_start": True, "per_device_eval_batch_size": 4}
    folder = tmp_path / "run"
    with pytest.raises(RuntimeError, match="killed"):
        train(make_job(tiny_policy, folder, grpo=grpo, scorer=Deadly(call), eval_tasks=make_tasks()[:1]))
    assert resume(tiny_policy, folder, grpo=grpo, eval_tasks=make_tasks()[:1]) == "finished"
    assert [line["step"] for line in read_lines(folder / "evaluation" / "metrics.jsonl")] == [0]
    assert [path.name for path in (folder / "groups").glob("eval*")] == ["eval_000000.jsonl.gz"]


def test_a_checkpoint_holds_no_pickle_of_settings_and_an_old_one_goes_last(
    tiny_policy, tmp_path, monkeypatch
):
    """While the marker is written there is always a whole checkpoint."""
    whole, seal = [], checkpoints.seal

    def spied(folder, *rest):
        whole.append(find_newest(folder.parent, 1, 4).step)
        seal(folder, *rest)

    monkeypatch.setattr("rlmr.engines.resumable.seal", spied)
    train(make_job(tiny_policy, tmp_path / "run", grpo={**SHORT, "save_total_limit": 1}))
    assert whole == [0, 1, 2, 3]
    kept = list((tmp_path / "run" / "checkpoints").iterdir())
    assert [path.name for path in kept] == ["checkpoint-4"]
    assert not list(kept[0].glob("training_args.bin")) and not list(kept[0].glob("*model*.bin"))
    assert read_checkpoint(kept[0]).memory["mixing_state"] is None


@pytest.mark.parametrize(
    ("grpo", "message"),
    [
        ({"num_iterations": 3, "save_steps": 500}, r"save_steps \(500\).*3 steps.*right number is 501"),
        ({"num_iterations": 4, "save_steps": 1}, "right number is 4"),
        ({"steps_per_generation": 4, "gradient_accumulation_steps": 2, "save_steps": 5}, "right number is 6"),
        ({"num_iterations": 2, "save_steps": 0.25}, r"save_steps \(0.25\).*right number is 6"),
        ({"num_iterations": 3}, None),
        ({"num_iterations": 3, "save_steps": 500, "save_strategy": "no"}, None),
    ],
)
def test_checkpoints_that_cut_a_generation_are_refused(tmp_path, grpo, message):
    config = make_config({"per_device_train_batch_size": 2, "num_generations": 2, **grpo}, tmp_path, 0)
    if message is None:
        check_save_steps(config, 20)
        return
    with pytest.raises(SettingsError, match=message):
        check_save_steps(config, 20)


def test_what_cannot_go_on_is_refused_and_left_alone(tiny_policy, tmp_path):
    folder = begun(tiny_policy, tmp_path / "run")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    job = make_job(tiny_policy, folder, grpo=SHORT, resume=True)
    other = [*job.tasks[:-1], Task("wolf", "write about the red wolf .", parse(CONSTRAINTS))]
    with pytest.raises(RunError, match="tasks are not those"):
        train(replace(job, tasks=other))
    marker = folder / "checkpoints" / "checkpoint-3" / "complete.json"
    marker.write_text(marker.read_text().replace('"processes": 1', '"processes": 2'))
    before[marker] = marker.read_bytes()
    with pytest.raises(RunError, match=r"has 2 processes.*this one has 1"):
        train(job)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_one_process_writes_a_run(tiny_policy, tmp_path):
    folder = begun(tiny_policy, tmp_path / "run")
    writer = RunWriter(folder, {}, {}, total_steps=4, resume_at=3)
    with pytest.raises(RunError, match="another process is writing"):
        resume(tiny_policy, folder)
    writer.status("failed", 3)
    assert resume(tiny_policy, folder) == "finished"


@pytest.mark.parametrize("left", [".lock", ".status.json.77.part", "status.json"])
def test_a_run_that_was_killed_as_it_began_can_be_overwritten(tiny_policy, tmp_path, left):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / left).write_text("{}")
    with pytest.raises(RunError, match="no run folder"):
        read_run(tmp_path / "run")
    RunWriter(tmp_path / "run", {}, {}, total_steps=1, overwrite=True).status("failed", 0)
    assert read_run(tmp_path / "run").status["state"] == "failed"
