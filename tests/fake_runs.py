"""Synthetic run folders and evaluations in the layout of the run record, without training anything."""

import json
import random
from pathlib import Path
from statistics import fmean, pstdev

import yaml

from rlmr.constraints.base import Status, Verdict
from rlmr.evals.outcome import EvalRow, summarize, write_rows
from rlmr.report import Policy, Study
from rlmr.runs import Derived, Row, read_run
from rlmr.runs.files import write_lines_gz
from rlmr.verifiers.program import all_pass

PROMPT = 'Write a story about a fox and a lantern. Write between 40 and 60 words. Use the word "moss".'
SENTENCES = (
    "One golden morning, a fox stood at the edge of the forest.",
    "“The lantern is gone,” cried the fox, and its voice was thin.",
    "Cold moss glittered under the old oak.",
    "The river had carried it down to the mill, past the sleeping geese.",
    "It was afraid, but it followed the smell of oil along the bank.",
    "At last the fox found the lantern among the reeds.",
    "The fox went home, warm and glad.",
)
HOSTILE = "<script>alert(1)</script> & </article> \" ' {{ 7 * 7 }} \u202e"
TRENDS = {"rlmr": (0.33, 0.62, 61), "writing_only": (0.33, 0.06, 92), "weighted_sum": (0.33, 0.20, 78)}
"""Pass rate at the start, at the end, and words at the end."""


def check(text: str) -> tuple[Verdict, ...]:
    words = len(text.split())
    counted = 40 <= words <= 60
    at = text.find("moss")
    return (
        Verdict(
            "word_count",
            Status.PASS if counted else Status.FAIL,
            words,
            "40 to 60 words",
            reason="" if counted else f"wanted 40 to 60 words, counted {words}",
            spans=() if words <= 60 else ((len(text) // 2, len(text)),),
        ),
        Verdict(
            "include_words",
            Status.PASS if at >= 0 else Status.FAIL,
            int(at >= 0),
            'contains "moss"',
            spans=((at, at + 4),) if at >= 0 else (),
            reason="" if at >= 0 else "missing: moss",
        ),
        Verdict("finished", Status.PASS),
    )


def write_text(draw: random.Random, keep: float) -> str:
    """About the wanted length with probability `keep`, else too long or without the word."""
    if draw.random() < keep:
        return " ".join(
            [SENTENCES[0], *draw.sample([SENTENCES[1], SENTENCES[3]], 2), SENTENCES[2], SENTENCES[5]]
        )
    return " ".join(draw.choices(SENTENCES, k=draw.choice((2, 9, 10))))


def group_rows(
    draw: random.Random, rule: str, step: int, group: int, keep: float, size: int = 8
) -> list[Row]:
    """One group, mixed by the smallest penalty where the rule is rlmr, else by none."""
    texts = [write_text(draw, keep) for _ in range(size)]
    verdicts = [check(text) for text in texts]
    passed = [bool(all_pass(v)) for v in verdicts]
    quality = [draw.gauss(0.02 * len(text.split()) - 1, 0.6) for text in texts]
    mean, std = fmean(quality), pstdev(quality)
    bad = [q for q, ok in zip(quality, passed, strict=True) if not ok]
    mixed = rule == "rlmr" and 0 < len(bad) < size
    penalty = max(0.0, size / (size - len(bad)) * (max(bad) - mean + 0.5 * std)) if mixed else 0.0
    reward = [q - (0.0 if ok else penalty) for q, ok in zip(quality, passed, strict=True)]
    centre, spread = fmean(reward), pstdev(reward)
    case = "none" if not bad else "some" if len(bad) < size else "all"
    return [
        Row(
            step=step,
            split="train",
            group=group,
            index=i,
            task=f"t{step}-{group}",
            prompt=PROMPT,
            completion=texts[i],
            answer=texts[i],
            tokens=len(texts[i].split()) + 1,
            finished=True,
            scores={"quality": quality[i]},
            verdicts=verdicts[i],
            derived=Derived(
                rule=rule,
                passed=passed[i],
                unknown=False,
                severity=0.0 if passed[i] else 0.5,
                quality=quality[i],
                distance_before=quality[i] - mean,
                distance_after=reward[i] - centre,
                penalty=0.0 if passed[i] else penalty,
                case=case,
                advantage=(reward[i] - centre) / spread,
            ),
        )
        for i in range(size)
    ]


def make_run(folder: Path, rule: str, steps: int = 12, state: str = "finished", groups: int = 3) -> Path:
    """A run folder with metrics, groups and status."""
    draw = random.Random(f"{rule}-{steps}")
    first, last, words = TRENDS[rule]
    (folder / "groups").mkdir(parents=True)
    metrics = []
    for step in range(1, steps + 1):
        keep = first + (last - first) * step / steps
        rows = [row for g in range(groups) for row in group_rows(draw, rule, step, g, keep)]
        write_lines_gz(folder / "groups" / f"step_{step:06d}.jsonl.gz", [row.to_dict() for row in rows])
        violators = [row.derived for row in rows if not row.derived.passed]
        metrics.append(
            {
                "step": step,
                "seconds": 1.9,
                "pass_rate": keep + draw.gauss(0, 0.04),
                "reward/quality_mean": 0.02 * step + draw.gauss(0, 0.1),
                "words_mean": 61 + (words - 61) * step / steps + draw.gauss(0, 2),
                "violators_rewarded": sum(d.advantage >= 0 for d in violators),
                "penalty_mean_std": fmean([d.penalty for d in violators] or [0.0]),
                "kl": None if step == 1 else 0.001 * step,
            }
        )
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in metrics))
    (folder / "status.json").write_text(
        json.dumps({"state": state, "step": steps, "total_steps": steps, "reason": None})
    )
    config = {"policy": "sandbox:policy", "mixing": {"rule": rule}, "grpo": {"max_steps": steps}}
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    (folder / "environment.json").write_text(json.dumps({"packages": {"rlmr": "0.1.0", "torch": "2.13.0"}}))
    return folder


def make_rows(rule: str, keep: float, tasks: int = 60, gold: float = 2.0) -> list[EvalRow]:
    """An evaluation; its first prompt and text are hostile."""
    draw = random.Random(f"{rule}-rows")
    rows = []
    for i in range(tasks):
        answer = write_text(draw, keep) if i else HOSTILE
        verdicts = check(answer)
        rows.append(
            EvalRow(
                task=f"h{i}",
                prompt=PROMPT if i else f"{HOSTILE} {PROMPT}",
                completion=answer,
                answer=answer,
                words=len(answer.split()),
                tokens=len(answer.split()) + 1,
                finished=True,
                verdicts=verdicts if i != 1 else verdicts[:1],
                passed=all_pass(verdicts),
                gold=draw.gauss(gold, 1.0),
            )
        )
    return rows


def make_study(folder: Path, steps: int = 12, tasks: int = 60) -> Study:
    """The start policy and three trained ones."""
    first, again = make_rows("first", 0.33, tasks), make_rows("again", 0.33, tasks)
    policies = [Policy("start", summarize("start", again, first), first)]
    for rule, (_, keep, words) in TRENDS.items():
        run = read_run(make_run(folder / rule, rule, steps))
        rows = make_rows(rule, keep, tasks, gold=2.0 + (61 - words) / 30 + 0.5 * (rule == "rlmr"))
        write_rows(folder / rule / "evaluation" / "heldout.jsonl.gz", rows)
        summary = summarize(rule, rows, first, violators_rewarded=0 if rule == "rlmr" else 77, violators=140)
        policies.append(Policy(rule, summary, rows, run))
    return Study(tuple(policies), seed=0)
