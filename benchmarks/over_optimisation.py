"""Over-optimisation under reinforcement: gold and proxy over KL while GRPO optimises a reward model alone.

`python -m benchmarks.reward_sandbox rl` runs it (docs/reward_model.md says what came of it). Every arm is a
way to score: members that saw the policy's own samples in training (`with`) or did not (`without`), as a
single model, their mean, their worst case or mean - 1 std. An arm is trained through the package's own
engine: the sandbox's recipe, rule `writing_only`, no KL penalty, a learning rate of RATE. Every EVERY steps
the policy writes one text for each of TASKS held-out tasks. From these come gold, the scores of all members,
and

    KL(policy || start) = mean over its own texts of sum over tokens of log policy(token) - log start(token),

in nats per text: the plain Monte Carlo estimate, unbiased, at the temperature of training (1).

The RL seed decides tasks, order and samples; `single` also takes another member for every seed, the ensembles
always the same MEMBERS. A run that was stopped goes on, also in its middle.

Legend: A texts (one per held-out task), K members, R seeds, S checkpoints.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import GenerationConfig

from benchmarks.over_optimisation_report import Arm, Floats, report
from rlmr import sandbox
from rlmr.evals.generate import end_tokens, load_policy, pad_left, read_completion, render, sampling
from rlmr.rewards.ensemble import combined, save_ensemble
from rlmr.runs.files import append_line, read_lines

SOURCES = ("with", "without")
KINDS = ("single", "worst", "mean", "lower")
PENALTY = 1.0
"""Of `lower`: mean - PENALTY * std."""
STEPS, EVERY, TEXTS = 24, 4, 48
"""Optimiser steps of a run, steps between two checkpoints, texts per step (groups of 8)."""
RATE = 3e-4
TASKS = 128
TASK_SEED = 21
MAX_TOKENS = 110


def arms() -> Iterator[tuple[str, str]]:
    """(source, kind) of every arm."""
    yield from ((source, kind) for kind in KINDS for source in SOURCES)


def scorer(output: Path, source: str, kind: str, seed: int, members: int) -> Path:
    """The folder that `reward.model` names: a member of its own per seed, or an ensemble of all."""
    if kind == "single":
        return output / f"{source}-{seed % members}"
    from rlmr.rewards.train import score_scale

    folder = output / f"{source}-{kind}"
    folder.mkdir(exist_ok=True)
    scales = [score_scale(output / f"{source}-{k}") for k in range(members)]
    names = [f"../{source}-{k}" for k in range(members)]
    save_ensemble(folder, names, scales, kind, PENALTY)  # type: ignore[arg-type]
    return folder


def optimise(output: Path, source: str, kind: str, seed: int, members: int) -> Path:
    """Train the policy against the arm's score, from where it was stopped; gives the run's folder."""
    from rlmr.engines import trl
    from rlmr.recipes import read_recipe
    from rlmr.recipes.resume import plan_resumed
    from rlmr.recipes.run import job_of, plan
    from rlmr.runs import read_run

    folder = output / "rl" / f"{source}-{kind}-{seed}"
    overrides = [
        f"name={source}-{kind}", f"seed={seed}", f"output={folder}", "gates=false",
        f"reward.model={scorer(output, source, kind, seed, members)}", "reward.standardize=null",
        "mixing.rule=writing_only", "grpo.beta=0.0", f"grpo.learning_rate={RATE}", f"grpo.max_steps={STEPS}",
        f"grpo.save_steps={EVERY}", f"grpo.save_total_limit={STEPS}",
        f"grpo.per_device_train_batch_size={TEXTS}", f"grpo.max_completion_length={MAX_TOKENS}",
    ]  # fmt: skip
    if (folder / "config.yaml").is_file():
        run = read_run(folder)
        if run.status["state"] == "finished":
            return folder
        planned = plan_resumed(run, None)
    else:
        planned = plan(read_recipe("sandbox", overrides), overwrite=(folder / "status.json").exists())
    state = trl.train(job_of(planned, overwrite=not planned.resume))
    if state != "finished":
        raise SystemExit(f"{folder}: {state}; the same command goes on with it")
    return folder


@torch.inference_mode()
def write_and_compare(policy: Any, start: Any, tokenizer: Any, prompts: Sequence[Any]) -> Any:
    """One text per prompt from `policy`, and its (A,) log-ratio to `start`, in nats.

    >>> model, tokenizer = load_policy(sandbox.checkpoint("policy"))
    >>> texts, ratio_A = write_and_compare(model, model, tokenizer, ["Write a story about a fox and a key."])
    >>> len(texts), ratio_A.tolist()
    (1, [0.0])
    """
    ends = end_tokens(policy, tokenizer)
    ids = [tokenizer(render(tokenizer, p), add_special_tokens=False).input_ids for p in prompts]
    tokens_AT, mask_AT = pad_left(ids, tokenizer.pad_token_id)
    config = GenerationConfig(
        max_new_tokens=MAX_TOKENS, eos_token_id=ends, pad_token_id=tokenizer.pad_token_id, **sampling(1.0)
    )
    with torch.random.fork_rng():
        torch.manual_seed(TASK_SEED)
        out_AT = policy.generate(tokens_AT, attention_mask=mask_AT, generation_config=config)
    written_AT = out_AT[:, tokens_AT.shape[1] :]
    texts = [read_completion(tokenizer, row, ends, False) for row in written_AT.tolist()]
    real_AT = torch.arange(written_AT.shape[1]) < torch.tensor([[t.tokens] for t in texts])
    whole_AT = torch.cat([mask_AT, real_AT.long()], 1)
    ratio_AT = log_probability(policy, out_AT, whole_AT, written_AT) - log_probability(
        start, out_AT, whole_AT, written_AT
    )
    return [t.text for t in texts], (ratio_AT * real_AT).sum(1).double().numpy()


def log_probability(model: Any, out_AT: Any, mask_AT: Any, written_AT: Any) -> Any:
    """(A, T) log-probabilities of the written tokens, the last T of `out_AT`."""
    length = written_AT.shape[1]
    logits = model(out_AT, attention_mask=mask_AT, logits_to_keep=length + 1).logits[:, :-1]
    return logits.float().log_softmax(-1).gather(2, written_AT.unsqueeze(2)).squeeze(2)


class Instruments:
    """Everything that measures a checkpoint: held-out tasks, the start policy, a source's members, and, as a
    judge that stands aside, the shipped reward model. Scores are standardised."""

    def __init__(self, output: Path, source: str, members: int) -> None:
        from rlmr.rewards.reward_model import RewardModel
        from rlmr.rewards.train import score_scale
        from rlmr.sandbox.tasks import make_tasks

        self.tasks = make_tasks(TASKS, TASK_SEED, "heldout")
        self.start, self.tokenizer = load_policy(sandbox.checkpoint("policy"))
        folders = {str(k): output / f"{source}-{k}" for k in range(members)}
        self.judges = {name: (RewardModel(folder), *score_scale(folder)) for name, folder in folders.items()}
        recorded = sandbox.metrics()
        aside = RewardModel(sandbox.checkpoint("reward_model"))
        self.judges["aside"] = (aside, recorded["quality_mean"], recorded["quality_std"])

    @classmethod
    @cache
    def of(cls, output: Path, source: str, members: int) -> Instruments:
        """Those of a source, loaded once."""
        return cls(output, source, members)

    def measure(self, folder: Path, step: int) -> dict[str, Any]:
        """One line of a curve: per text, the log-ratio, gold and its parts, every judge's standardised
        score."""
        from rlmr.sandbox.gold import judge

        policy = self.start if step == 0 else load_policy(folder)[0]
        prompts = [task.prompt for task in self.tasks]
        texts, ratio_A = write_and_compare(policy, self.start, self.tokenizer, prompts)
        golds = [judge(t.meta["hero"], t.meta["object"], x) for t, x in zip(self.tasks, texts, strict=True)]
        shown = [task.prompt_text for task in self.tasks]
        line: dict[str, Any] = {
            "step": step,
            "log_ratio": [round(float(r), 4) for r in ratio_A],
            "gold": [round(g.total, 4) for g in golds],
            "words": [len(x.split()) for x in texts],
            "broken": [round(g.broken, 4) for g in golds],
            "repeated": [round(g.repeated, 4) for g in golds],
            "texts": texts[:8],
        }
        for name, (model, mean, std) in self.judges.items():
            values = np.array(model.score(shown, texts).values, dtype=float)
            line[name] = [round(float(v), 4) for v in (values - mean) / std]
        return line


def curve(output: Path, source: str, kind: str, seed: int, members: int) -> list[dict[str, Any]]:
    """An arm's checkpoints, measured; trained and measured only as far as that is not kept."""
    path = output / "rl" / f"{source}-{kind}-{seed}.jsonl"
    kept = read_lines(path) if path.exists() else []
    wanted = range(0, STEPS + 1, EVERY)
    if len(kept) >= len(wanted):
        return kept[: len(wanted)]
    if not kept:  # the start is the same for every arm of a source
        first = next(iter(sorted((output / "rl").glob(f"{source}-*.jsonl"))), None)
        for line in read_lines(first)[:1] if first else []:
            append_line(path, line)
            kept.append(line)
    run = optimise(output, source, kind, seed, members)
    instruments = Instruments.of(output, source, members)
    for step in wanted[len(kept) :]:
        append_line(path, instruments.measure(run / "checkpoints" / f"checkpoint-{step}", step))
    shutil.rmtree(run / "checkpoints")
    return read_lines(path)


def arm_of(
    runs: list[list[dict[str, Any]]], source: str, kind: str, seeds: Sequence[int], members: int
) -> Arm:
    """An arm's curves, one per seed, as arrays."""

    def read(name: str) -> Floats:
        return np.array([[line[name] for line in lines] for lines in runs], dtype=float)

    values_KRSA = np.stack([read(str(k)) for k in range(members)])
    if kind == "single":
        proxy_RSA = np.stack([values_KRSA[seed % members, r] for r, seed in enumerate(seeds)])
    else:
        proxy_RSA = combined(values_KRSA, kind, PENALTY)  # type: ignore[arg-type]
    spread_RSA = values_KRSA.std(0)
    return Arm(
        source, kind, read("log_ratio"), read("gold"), proxy_RSA, read("aside"), read("words"), spread_RSA
    )


def kept_seeds(output: Path, source: str, kind: str, seeds: Sequence[int]) -> list[int]:
    """Those of `seeds` whose curve is whole."""
    paths = {seed: output / "rl" / f"{source}-{kind}-{seed}.jsonl" for seed in seeds}
    whole = STEPS // EVERY + 1
    return [seed for seed, path in paths.items() if path.exists() and len(read_lines(path)) >= whole]


def run(output: Path, seeds: Sequence[int], members: int, *, kept: bool = False) -> None:
    """Every arm with every seed, one seed after the other, then the report; `kept`: only the report, of the
    runs that are there."""
    (output / "rl").mkdir(exist_ok=True)
    for seed in [] if kept else seeds:
        for source, kind in arms():
            began = time.monotonic()
            lines = curve(output, source, kind, seed, members)
            gold = "  ".join(f"{np.mean(line['gold']):.2f}" for line in lines)
            took = time.monotonic() - began
            print(f"{source} {kind} seed {seed}: gold {gold}  ({took:.0f} s)", flush=True)
    found = []
    for source, kind in arms():
        have = kept_seeds(output, source, kind, seeds)
        if have:
            runs = [curve(output, source, kind, seed, members) for seed in have]
            found.append(arm_of(runs, source, kind, have, members))
    report(found, output)
