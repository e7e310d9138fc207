"""The over-optimisation benchmark: its estimates on cases whose answer is known, and a whole run in small."""

import json
import shutil
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import torch
from benchmarks import over_optimisation, over_optimisation_report, reward_sandbox
from benchmarks.over_optimisation import arm_of, log_probability, write_and_compare
from benchmarks.over_optimisation_report import Arm, between, gold_at, onset, report, resampled

from rlmr.evals.generate import load_policy
from rlmr.sandbox import checkpoint
from rlmr.sandbox.tasks import make_tasks

KL = np.array([0.0, 0.2, 2.0, 7.0, 16.0, 30.0, 41.0])


def arm(kind: str, peak: float, seeds: int = 2, noise: float = 0.3) -> Arm:
    """Gold is a parabola in sqrt(KL) with its vertex at `peak`; the proxy goes on rising."""
    rng = np.random.default_rng(1)
    shape = (seeds, len(KL), 60)
    log_ratio = np.broadcast_to(KL[:, None], shape) * rng.normal(1, 0.1, shape)
    gold = 3 - 0.1 * (np.sqrt(KL) - np.sqrt(peak)) ** 2
    gold_RSA = gold[:, None] + rng.normal(0, noise, shape)
    proxy = np.broadcast_to(np.sqrt(KL)[:, None], shape)
    return Arm("with", kind, log_ratio, gold_RSA, proxy, gold_RSA, proxy, proxy)


def test_best_of_n_is_the_mean_over_all_draws_of_n():
    rng = np.random.default_rng(0)
    proxy, value = rng.normal(size=(2, 6)), rng.normal(size=(2, 6))
    for size in (1, 3, 6):
        brute = [
            np.mean([v[max(draw, key=lambda i: p[i])] for draw in combinations(range(6), size)])
            for p, v in zip(proxy, value, strict=True)
        ]
        assert reward_sandbox.best_of(proxy, value, size) == pytest.approx(brute)


def test_the_onset_is_the_vertex_and_its_interval_holds_it():
    kl, gold = onset(KL, 3 - 0.1 * (np.sqrt(KL) - 3.0) ** 2)
    assert (kl, gold) == pytest.approx((9.0, 3.0))
    found, draws = resampled(arm("single", 9.0))
    low, high = np.quantile(draws[:, 0], [0.025, 0.975])
    assert low < 9.0 < high < 2 * low
    assert found[0] == pytest.approx(9.0, rel=0.3)


@pytest.mark.parametrize(("gold", "at"), [(KL, np.inf), (-KL, 0.0)])
def test_gold_that_only_rises_or_falls(gold, at):
    assert onset(KL, gold)[0] == at


def test_an_onset_beyond_the_range_is_above_every_other():
    assert between(np.array([1.0, 1.0, np.nan, np.inf])) == "[1.00, >]"
    assert between(np.arange(1000.0)) == "[24.00, 974.00]"


def test_gold_is_read_between_checkpoints_and_not_beyond_them():
    assert gold_at(np.array([0.0, 4.0]), np.array([2.0, 4.0]), 1.0) == 3.0
    assert np.isnan(gold_at(np.array([0.0, 4.0]), np.array([2.0, 4.0]), 4.1))


def test_the_same_texts_are_drawn_for_every_arm(monkeypatch):
    monkeypatch.setattr(over_optimisation_report, "DRAWS", 20)
    one, other = arm("single", 9.0), replace(arm("single", 9.0), kind="mean")
    assert np.array_equal(resampled(one)[1], resampled(other)[1], equal_nan=True)


def test_the_report_tells_a_later_onset_from_an_earlier_one(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(over_optimisation_report, "DRAWS", 100)
    arms = [arm("single", 4.0, noise=0.05), arm("mean", 16.0, noise=0.05)]
    report(arms, tmp_path)
    shown = capsys.readouterr().out
    assert "| with, single model | 2 | 4." in shown
    line = next(line for line in shown.splitlines() if line.startswith("with, mean against with, single"))
    low = float(line.split("[")[1].split(",")[0])
    assert low > 3
    traced = shown[shown.index("\nwith, mean\n") :].splitlines()
    assert [float(x) for x in traced[2].split()[1:]] == pytest.approx(KL, rel=0.05)
    picture = (tmp_path / "over_optimisation.svg").read_bytes()
    report(arms, tmp_path)
    assert (tmp_path / "over_optimisation.svg").read_bytes() == picture
    assert json.loads((tmp_path / "over_optimisation.json").read_text())["with, mean"]["kl"][0][0] == 0


def test_a_single_model_differs_by_seed_and_an_ensemble_combines_all():
    values = [[1.0, 5.0], [2.0, 3.0], [6.0, 4.0]]
    line = {str(k): v for k, v in enumerate(values)}
    line |= {name: [0.0, 0.0] for name in ("log_ratio", "gold", "aside", "words")}

    def proxies(kind):
        return arm_of([[line], [line]], "with", kind, [0, 2], 3).proxy_RSA[:, 0].tolist()

    assert proxies("single") == [values[0], values[2]]
    assert proxies("mean") == [[3.0, 4.0]] * 2
    assert proxies("worst") == [[1.0, 3.0]] * 2
    spread = np.std(values, 0)
    assert proxies("lower") == [pytest.approx([3 - spread[0], 4 - spread[1]])] * 2


@pytest.fixture(scope="module")
def policies():
    """The sandbox's policy and one that has moved."""
    start, tokenizer = load_policy(checkpoint("policy"))
    moved, _ = load_policy(checkpoint("policy"))
    torch.manual_seed(0)
    with torch.no_grad():
        for weight in moved.parameters():
            weight.add_(0.2 * weight.std() * torch.randn_like(weight))
    return moved, start, tokenizer


def test_the_log_ratio_is_the_sum_over_a_text_s_own_tokens(policies):
    """Against each text alone, without padding and without what stands after its end."""
    moved, start, tokenizer = policies
    prompts = [task.prompt for task in make_tasks(4, 5, "heldout")]
    texts, ratio = write_and_compare(moved, start, tokenizer, prompts)
    for prompt, text, found in zip(prompts, texts, ratio, strict=True):
        head = tokenizer(f"<user>{prompt}<story>").input_ids
        body = tokenizer(f"{text}<end>").input_ids[: over_optimisation.MAX_TOKENS]
        whole = torch.tensor([head + body])
        with torch.inference_mode():
            alone = [
                log_probability(m, whole, torch.ones_like(whole), torch.tensor([body])).sum()
                for m in (moved, start)
            ]
        assert found == pytest.approx(float(alone[0] - alone[1]), abs=1e-3)


def test_the_divergence_from_oneself_is_zero_and_from_another_positive(policies, monkeypatch):
    monkeypatch.setattr(over_optimisation, "MAX_TOKENS", 30)
    moved, start, tokenizer = policies
    prompts = [task.prompt for task in make_tasks(8, 6, "heldout")]
    assert np.abs(write_and_compare(start, start, tokenizer, prompts)[1]).max() == 0
    assert write_and_compare(moved, start, tokenizer, prompts)[1].mean() > 0


@pytest.mark.slow
def test_an_arm_is_trained_measured_and_kept(tmp_path, monkeypatch):
    for name, value in {"STEPS": 2, "EVERY": 1, "TEXTS": 8, "TASKS": 3, "MAX_TOKENS": 12}.items():
        monkeypatch.setattr(over_optimisation, name, value)
    for source in ("with", "without"):
        folder = shutil.copytree(checkpoint("reward_model"), tmp_path / f"{source}-0")
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | {"score_mean": 0.0, "score_std": 1.0}))
    over_optimisation.run(tmp_path, [0], 1)
    curve = tmp_path / "rl" / "with-mean-0.jsonl"
    kept = curve.read_bytes()
    lines = [json.loads(line) for line in kept.splitlines()]
    assert [line["step"] for line in lines] == [0, 1, 2]
    assert lines[0]["log_ratio"] == [0, 0, 0] != lines[2]["log_ratio"]
    assert lines[0]["0"] == pytest.approx(lines[0]["aside"], abs=3)
    assert not (tmp_path / "rl" / "with-mean-0" / "checkpoints").exists()
    over_optimisation.run(tmp_path, [0], 1)
    assert curve.read_bytes() == kept
