"""The trained verifier in the sandbox, programs hidden: `python -m benchmarks.verifier` (20 minutes).

Every constraint of a task becomes a requirement in free words, which no program decides. 5,000 labelled texts
(half samples of the start policy, half stories of the sandbox's writers; the programs only label) teach a
classifier. Then a policy is trained by the sandbox's recipe with the classifier in the place of the programs,
and judged on held-out tasks by the programs, as the quickstart does. What is done is not done again; the
steps are `data train eval rl control judge report`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from rlmr import sandbox
from rlmr.constraints import Requirement
from rlmr.constraints.spec import to_specs
from rlmr.data import Task, write_tasks
from rlmr.sandbox.tasks import Split

DATA_SEED = 7
"""Of the verifier's tasks; policies are trained and judged on others."""
TEXTS: tuple[tuple[Split, int], ...] = (("train", 5_000), ("heldout", 1_500))
SAMPLE_TOKENS = 110
BASE = "reward_model"
STAGES = (
    {"learning_rate": 1e-3, "num_train_epochs": 2, "per_device_train_batch_size": 32},
    {"learning_rate": 1e-3, "num_train_epochs": 3, "per_device_train_batch_size": 16},
)
"""Settings of the first training, from the reward model, and of a second that goes on from there."""
EVALUATED = 300
"""Held-out tasks, as in the quickstart."""
Args = argparse.Namespace


def hidden(task: Task) -> Task:
    """The task with every constraint as a requirement in free words: the phrases of its prompt."""
    from rlmr.sandbox.tasks import phrase

    said = tuple(Requirement(phrase(constraint), evidence="none") for constraint in task.constraints)
    return replace(task, constraints=said)


def make_data(args: Args) -> None:
    """Labelled rows of both splits; a held-out text that training has too is left out."""
    from rlmr.evals.generate import generate, load_policy
    from rlmr.sandbox.tasks import make_tasks, write_for
    from rlmr.verifiers.classifier.data import key

    model, tokenizer = load_policy(sandbox.checkpoint("policy"))
    seen: set[str] = set()
    for split, count in TEXTS:
        tasks = make_tasks(count, DATA_SEED, split)
        sampled = [task.prompt for task in tasks[: count // 2]]
        written = generate(model, tokenizer, sampled, max_new_tokens=SAMPLE_TOKENS, seed=DATA_SEED)
        texts = [completion.text for completion in written]
        for task in tasks[count // 2 :]:
            rng = random.Random(f"verifier {task.id}")
            texts.append(write_for(task, rng, skill=rng.betavariate(2, 4), obey=0.5, tries=10))
        rows = [row(*pair) for pair in zip(tasks, texts, strict=True) if key(pair[1]) not in seen]
        seen |= set(map(key, texts))
        (args.output / f"{split}.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))


def row(task: Task, text: str) -> dict[str, object]:
    """One row for `rlmr verifier train`, with the true types beside it."""
    return {
        "prompt": task.prompt_text,
        "completion": text,
        "constraints": to_specs(hidden(task).constraints),
        "labels": [c.check(text, task.prompt_text).passed for c in task.constraints],
        "types": [c.type for c in task.constraints],
    }


def train_verifier(args: Args) -> None:
    """Train the classifier as far as the stage that is asked for, with the held-out rows as its test."""
    model = sandbox.checkpoint(BASE)
    for stage, config in enumerate(STAGES[: args.stage], 1):
        folder = args.output / f"verifier_{stage}"
        if not folder.exists():
            settings = [f"{name}={value}" for name, value in config.items()]
            rlmr(
                *("verifier", "train", str(args.output / "train.jsonl"), *settings, "--no-prompt"),
                *("--heldout", str(args.output / "heldout.jsonl")),
                *("--model", str(model), "--output", str(folder)),
            )
        model = folder


def measure_verifier(args: Args) -> None:
    """Per true type on the held-out rows: with the card's band, and deciding everything."""
    from rlmr.audit.verifier import to_json, to_table
    from rlmr.runs.files import write_json
    from rlmr.verifiers.classifier.classifier import Classifier
    from rlmr.verifiers.classifier.data import read_examples
    from rlmr.verifiers.measure import measure

    path = args.output / "heldout.jsonl"
    examples = read_examples(path)
    kinds = [kind for line in path.read_text().splitlines() for kind in json.loads(line)["types"]]
    found = Classifier.load(args.output / f"verifier_{args.stage}")
    p = found.probabilities([e.item for e in examples])
    for band in (found.card.band, 0.0):
        decider = replace(found, card=replace(found.card, band=band))
        statuses = [decider.decide(e.item, each).status for e, each in zip(examples, p, strict=True)]
        measured = measure(kinds, [e.passed for e in examples], statuses, p)
        Console(width=120).print(
            to_table(measured, f"band {band}: NLL {measured.nll:.3f}, ECE {measured.ece:.3f}")
        )
        write_json(args.output / f"eval_{args.stage}_band_{band}.json", to_json(measured, {"band": band}))


def train_policy(args: Args) -> None:
    """The sandbox's recipe, the classifier's verdicts in the place of the programs'."""
    from rlmr.sandbox.tasks import make_tasks

    for seed in args.seeds:
        tasks = args.output / f"tasks_{seed}.jsonl"
        write_tasks(tasks, [hidden(task) for task in make_tasks(2_000, seed, "train")])
        if not (run_of(args, seed) / "model").exists():
            rlmr(
                *("train", "sandbox", f"seed={seed}", f"data.train={tasks}", "gates=false"),
                *(
                    f"verifier.classifier={args.output / f'verifier_{args.stage}'}",
                    f"verifier.band={args.band}",
                ),
                *(f"output={run_of(args, seed)}", "--overwrite"),
            )


def train_control(args: Args) -> None:
    """The same recipe with the programs' verdicts."""
    for seed in args.seeds:
        output = args.output / f"programs_{seed}"
        if not (output / "model").exists():
            rlmr("train", "sandbox", f"seed={seed}", "gates=false", f"output={output}", "--overwrite")


def judge_policy(args: Args) -> None:
    """Texts of start and trained policy for held-out tasks, judged by the programs and the gold judge."""
    for seed in args.seeds:
        for name, model, number in (
            ("start", "sandbox:policy", 0),
            (f"trained_{args.stage}", str(run_of(args, seed) / "model"), 1),
            ("programs", str(args.output / f"programs_{seed}" / "model"), 1),
        ):
            path = args.output / f"{name}_{seed}.jsonl.gz"
            if not path.exists():
                command = [sys.executable, "-m", "rlmr.quickstart.evaluate", model, "--tasks", str(EVALUATED)]
                command += [
                    "--seed",
                    str(seed),
                    "--max-new-tokens",
                    str(SAMPLE_TOKENS),
                    "--temperature",
                    "1.0",
                ]
                subprocess.run([*command, "--sample", str(number), str(path)], check=True)


def report(args: Args) -> None:
    """What the policies reached, and how the verifier fared on the texts that a policy was trained on."""
    from rlmr.evals.outcome import read_rows, summarize

    for seed in args.seeds:
        start = read_rows(args.output / f"start_{seed}.jsonl.gz")
        kept = sum(bool(one.passed) for one in start)
        print(f"seed {seed}: the start keeps every constraint in {kept} of {len(start)}")
        for name in (f"trained_{args.stage}", "programs"):
            rows = read_rows(args.output / f"{name}_{seed}.jsonl.gz")
            print(f"  {json.dumps(summarize(name, rows, start, seed=seed).to_json())}")
            for kind in sorted({v.type for row in rows for v in row.verdicts}):
                kept = [v.passed for row in rows for v in row.verdicts if v.type == kind]
                print(f"    {kind}: kept {sum(kept)} of {len(kept)}")
        for line in drift(args, seed):
            print(f"  {line}")


def drift(args: Args, seed: int) -> list[str]:
    """By thirds of the training: what the programs say of the texts that the classifier decided."""
    from rlmr.runs import read_run
    from rlmr.sandbox.tasks import make_tasks
    from rlmr.verifiers.measure import measure

    asked = {task.id: task for task in make_tasks(2_000, seed, "train")}
    run = read_run(run_of(args, seed))
    lines = []
    for part in range(3):
        steps = run.steps[len(run.steps) * part // 3 : len(run.steps) * (part + 1) // 3]
        rows = [one for step in steps for group in run.groups(step) for one in group]
        kinds, labels, statuses = [], [], []
        unknown = violators = rewarded = 0
        for one in rows:
            task, derived = asked[one.task], one.derived
            truth = [c.check(one.answer, task.prompt_text).passed for c in task.constraints]
            kinds += [c.type for c in task.constraints]
            labels += truth
            statuses += [verdict.status for verdict in one.verdicts[: len(truth)]]
            unknown += derived is not None and derived.unknown
            violators += not all(truth)
            rewarded += not all(truth) and derived is not None and derived.advantage > 0
        found = measure(kinds, labels, statuses).kinds
        caught = ", ".join(f"{kind} {c.caught}/{c.false}" for kind, c in found.items())
        lines += [
            f"third {part + 1}: false texts caught: {caught}; let through {found['all'].let_through}",
            f"  {unknown} of {len(rows)} texts unknown; {rewarded} of {violators} violators rewarded",
        ]
    return lines


def run_of(args: Args, seed: int) -> Path:
    """The run folder of a seed."""
    return Path(args.output / f"policy_{args.stage}_{seed}")


def rlmr(*arguments: str) -> None:
    """The command line, in a process of its own."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    subprocess.run([sys.executable, "-m", "rlmr", *arguments], check=True, env=environment)


STEPS: dict[str, tuple[Callable[[Args], None], Sequence[str]]] = {
    "data": (make_data, ("train.jsonl", "heldout.jsonl")),
    "train": (train_verifier, ()),
    "eval": (measure_verifier, ()),
    "rl": (train_policy, ()),
    "control": (train_control, ()),
    "judge": (judge_policy, ()),
    "report": (report, ()),
}
"""Each with the files whose presence means that it is done."""


def main() -> None:
    """Run the steps that are asked for, all without a name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("steps", nargs="*", default=[], help=", ".join(STEPS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--stage", type=int, choices=(1, 2), default=2, help="how long the verifier learns")
    parser.add_argument("--band", type=float, default=0.1, help="of the verifier while the policy is trained")
    parser.add_argument("--output", type=Path, default=Path("build/verifier"))
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    for name in args.steps or STEPS:
        step, made = STEPS[name]
        if not made or not all((args.output / file).exists() for file in made):
            print(f"== {name}", flush=True)
            step(args)


if __name__ == "__main__":
    main()
