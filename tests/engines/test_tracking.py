"""Trackers get what the record has: read back from their own files after a short run."""

import json
import os
import socket
import sqlite3
import struct
from dataclasses import replace
from importlib.util import find_spec

import pytest
from engine_cases import make_job

from rlmr.engines import trl
from rlmr.runs import read_run
from rlmr.tracking import TRACKERS, TrackerError, choose_trackers, local_places, resolve_trackers, unless_set

SECRET = "sk-0123456789abcdefghij"
STEPS = 3


def needs(name):
    return pytest.mark.skipif(find_spec(name) is None, reason=f"{name} is not installed (rlmr[{name}])")


@pytest.fixture
def no_network(monkeypatch):
    """Nothing leaves the machine: connections to other hosts raise."""
    real = socket.socket.connect

    def connect(self, address):
        local = self.family == socket.AF_UNIX or address[0] in {"127.0.0.1", "::1", "localhost"}
        assert local, f"a tracker called {address}"
        return real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


def run_with(tracker, tiny_policy, folder, **options):
    """A run of three steps that tells one tracker; its recipe holds a secret."""
    job = make_job(tiny_policy, folder, grpo={"max_steps": STEPS}, report_to=[tracker], **options)
    config = {
        **job.config,
        "judge": {"endpoint": {"api_key": SECRET, "base_url": f"http://me:{SECRET}@h/v1"}},
    }
    before = dict(os.environ)
    assert trl.train(replace(job, config=config)) == "finished"
    changed = {n for n in {*before, *os.environ} if before.get(n) != os.environ.get(n)} - {"WANDB_SERVICE"}
    assert not {name for name in changed if name.split("_")[0] in {"WANDB", "MLFLOW", "TENSORBOARD"}}
    return read_run(folder)


def check(run, logged, close=0.0, prefix="train/"):
    """Every number of the record, and no other, at every step."""
    for line in run.metrics:
        known = {k: v for k, v in line.items() if v is not None and k not in {"step", "time"}}
        got = {k.removeprefix(prefix): v for k, v in logged[line["step"]].items()}
        assert set(got) == set(known)
        for name, value in known.items():
            assert got[name] == pytest.approx(value, rel=close, abs=0.0), name
    assert len(run.metrics) == STEPS and "pass_rate" in run.metrics[0] and "kl" not in run.metrics[0]


def no_secret(folder):
    for path in folder.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path


@pytest.mark.slow
@needs("tensorboard")
def test_tensorboard(tiny_policy, tmp_path, no_network):
    run = run_with("tensorboard", tiny_policy, tmp_path / "run")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(tmp_path / "run/tracking/tensorboard"), size_guidance={"scalars": 0})
    events.Reload()
    logged = {step: {} for step in range(STEPS + 1)}
    for tag in events.Tags()["scalars"]:
        for event in events.Scalars(tag):
            logged[event.step][tag] = event.value
    summary = {"train/train_runtime", "train/train_samples_per_second", "train/train_steps_per_second"}
    summary |= {"train/train_loss", "train/total_flos"}
    logged[STEPS] = {tag: value for tag, value in logged[STEPS].items() if tag not in summary}
    check(run, logged, close=1e-6)  # TensorBoard keeps 32 bits
    no_secret(tmp_path / "run")


@pytest.mark.slow
@needs("trackio")
def test_trackio(tiny_policy, tmp_path, no_network, monkeypatch):
    import trackio.sqlite_storage as storage

    place = tmp_path / "trackio"
    place.mkdir()
    for module in ("trackio.sqlite_storage", "trackio.utils"):
        monkeypatch.setattr(f"{module}.TRACKIO_DIR", place)
    run = run_with("trackio", tiny_policy, tmp_path / "run")
    (path,) = place.glob("*.db")
    assert path.stem == "rlmr" and place == storage.TRACKIO_DIR
    with sqlite3.connect(path) as database:
        found = [json.loads(row[0]) for row in database.execute("select metrics from metrics order by id")]
        (config,) = (json.loads(row[0]) for row in database.execute("select config from configs"))
    logged = {line.pop("train/global_step"): line for line in found if "train/loss" in line}
    check(run, logged)
    assert config["mixing.rule"] == "rlmr" and config["judge.endpoint.api_key"] == "***"
    no_secret(place)


def records(content, header=7, block=1 << 15):
    """The records of a .wandb file: LevelDB's log format behind a header of 7 bytes."""
    parts, at = [], header
    while at + 7 <= len(content):
        left = block - at % block
        if left < 7:
            at += left
            continue
        size, kind = struct.unpack("<HB", content[at + 4 : at + 7])  # after a checksum of 4 bytes
        parts.append(content[at + 7 : at + 7 + size])
        at += 7 + size
        if kind in (1, 4):  # whole, or the last part
            yield b"".join(parts)
            parts = []


@pytest.mark.slow
@needs("wandb")
def test_wandb(tiny_policy, tmp_path, no_network):
    run = run_with("wandb", tiny_policy, tmp_path / "run")
    from wandb.proto import wandb_internal_pb2 as messages

    (path,) = (tmp_path / "run/tracking/wandb").glob("offline-run-*/*.wandb")
    logged = {}
    for data in records(path.read_bytes()):
        record = messages.Record()
        record.ParseFromString(data)
        values = {i.key or "/".join(i.nested_key): json.loads(i.value_json) for i in record.history.item}
        if "train/loss" in values:
            step = values.pop("train/global_step")
            logged[step] = {key: value for key, value in values.items() if not key.startswith("_")}
    check(run, logged)
    no_secret(tmp_path / "run/tracking")


@pytest.mark.slow
@needs("mlflow")
def test_mlflow(tiny_policy, tmp_path, no_network):
    run = run_with("mlflow", tiny_policy, tmp_path / "run")
    import mlflow

    client = mlflow.MlflowClient((tmp_path / "run/tracking/mlflow").as_uri())
    (found,) = client.search_runs(["0"])
    assert found.info.status == "FINISHED" and found.data.params["mixing.rule"] == "rlmr"
    logged = {line["step"]: {} for line in run.metrics}
    for name in found.data.metrics:
        for point in client.get_metric_history(found.info.run_id, name):
            if not name.startswith(("train_", "total_flos")):
                logged[point.step][name] = point.value
    for line in run.metrics:  # a name is no folder there
        line.update({name.replace("/", "."): line.pop(name) for name in [*line] if "/" in name})
    check(run, logged)
    no_secret(tmp_path / "run/tracking")


class Inner:
    """A tracker that writes down what it is told."""

    def __init__(self):
        self.told = []

    def on_train_begin(self, args, state, control, model=None):
        self.told.append(("begin", args.run_name, args.to_dict(), os.environ.get("WANDB_MODE")))

    def on_log(self, args, state, control, logs):
        self.told.append(("log", state.global_step, dict(logs)))

    def on_train_end(self, args, state, control, model=None):
        self.told.append(("end",))


@pytest.fixture
def inner(monkeypatch):
    from rlmr.engines import trackers

    inner = Inner()
    monkeypatch.setattr(trackers, "get_reporting_integration_callbacks", lambda names: [lambda: inner])
    return inner


def test_a_tracker_is_told_what_the_record_has_alarms_included(tiny_policy, tmp_path, inner):
    from rlmr.alarms import choose_alarms

    alarms = choose_alarms({"entropy": {"floor": 100.0, "window": 2, "reference": 2}})
    run = run_with("trackio", tiny_policy, tmp_path / "run", alarms=alarms)
    (begin, *logs, end) = inner.told
    assert begin[:2] == ("begin", "run") and begin[3] == "offline" and SECRET not in json.dumps(begin[2])
    check(run, {step: values for _, step, values in logs if "loss" in values})
    assert [line.get("alarm/entropy") for line in run.metrics] == [None, 1.0, 1.0]
    assert "train_loss" in logs[-1][2] and end == ("end",)


def test_a_tracker_is_closed_where_the_training_breaks(tiny_policy, tmp_path, inner):
    class Breaks:
        def score(self, prompts, answers):
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        run_with("trackio", tiny_policy, tmp_path / "run", scorer=Breaks())
    assert [told[0] for told in inner.told] == ["begin", "end"]


def test_a_missing_package_is_said_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr("rlmr.tracking.find_spec", lambda name: None)
    with pytest.raises(TrackerError, match=r"wandb is not installed; pip install 'rlmr\[wandb\]'"):
        resolve_trackers(["wandb"])
    assert resolve_trackers(None) == [] == resolve_trackers([])
    monkeypatch.setattr("rlmr.tracking.find_spec", lambda name: object())
    assert resolve_trackers(None) == ["trackio"] and resolve_trackers(list(TRACKERS)) == list(TRACKERS)


@pytest.mark.parametrize("wrong", ["wanb", ["trackio", "comet"], 3, [3]])
def test_wrong_trackers_are_refused(wrong):
    with pytest.raises(TrackerError, match="report_to"):
        choose_trackers(wrong)


def test_the_environment_wins(monkeypatch, tmp_path):
    monkeypatch.setenv("WANDB_MODE", "online")
    monkeypatch.delenv("WANDB_DIR", raising=False)
    with unless_set({"WANDB_MODE": "offline", **local_places(tmp_path)}):
        assert (os.environ["WANDB_MODE"], os.environ["WANDB_DIR"]) == ("online", str(tmp_path / "tracking"))
    assert os.environ["WANDB_MODE"] == "online" and "WANDB_DIR" not in os.environ
