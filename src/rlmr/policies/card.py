"""The model card of an exported policy: what it is, how it was trained, what the run measured.

Nothing of the machine that it was made on stands in it: paths keep their last part, servers are not named.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from statistics import fmean, median
from typing import Any, get_args

import yaml

from rlmr.engines.checkpoints import Metric
from rlmr.engines.validation import outcome
from rlmr.evals.stats import Estimate, clustered_mean
from rlmr.runs import Row, Run
from rlmr.runs.files import read_lines

PRIVATE = ("base_url", "cache", "output", "hub_token")
"""Settings that say where something ran, not how."""

SHOWN_METRICS = ("pass_rate", "reward/quality_mean", "words_mean", "finished_share", "unknown_share")
"""Training metrics that the card shows."""

ENDS = 10
"""Steps at the beginning and at the end of the training whose means are shown."""

METHOD = "[Reinforcement learning with mixed rewards for creative writing](https://arxiv.org/abs/2508.18642)"

VALIDATED = {
    "kept_above_start": "texts that keep every constraint and score above the start's median",
    "pass_rate": "texts that keep every constraint",
    "quality": "mean score of the reward model",
}


def model_card(
    run: Run, name: str, step: int, which: str, *, license: str, dtype: str, checks: Sequence[str]
) -> str:
    """The card, Markdown with Hugging Face's YAML head; `checks` are sentences about what was verified."""
    recipe = public(run.config)
    began = base_of(run.config)
    head: dict[str, Any] = {
        "license": license,
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "tags": ["creative-writing", "grpo", "mixed-rewards", "rlmr", "trl"],
    }
    if began is not None:
        head["base_model"] = began
    marked = {"best": ", the best by validation", "last": ", the last"}.get(which, "")
    grpo = recipe.get("grpo", {})
    template = grpo.get("chat_template_kwargs")
    parts = [
        f"---\n{yaml.safe_dump(head, sort_keys=False)}---",
        f"# {name}",
        f"A policy for creative writing, trained with GRPO on a writing reward model and verified "
        f"constraints ({METHOD}) by rlmr {_version(run)}. These are the weights after step {step} of "
        f"{run.status['total_steps']}{marked}, in {dtype}.",
        _how_to_load(name, template),
        "## Training\n\n" + _table(("what", "value"), _training(recipe)),
        "## Numbers of the run\n\n" + "\n\n".join(_numbers(run, step)),
        "## What was checked\n\n" + "\n".join(f"- {sentence}" for sentence in checks),
        "## Limits\n\nThe texts were scored by the reward model above and checked for the constraints of its "
        "tasks; neither measures truth, safety or taste. A policy that was trained on a reward model can be "
        "better by it than by its readers: evaluate it with a judge that it was not trained on.",
        f"## Recipe\n\n```yaml\n{yaml.safe_dump(recipe, sort_keys=False, allow_unicode=True)}```",
    ]
    return "\n\n".join(parts) + "\n"


def base_of(config: Mapping[str, Any]) -> str | None:
    """The Hugging Face name that training began with; None for a folder and for the sandbox's policy.

    >>> base_of({"policy": "Qwen/Qwen3-8B"}), base_of({"policy": "/models/mine"})
    ('Qwen/Qwen3-8B', None)
    """
    policy = str(config["policy"])
    named = ":" not in policy and len(PurePosixPath(policy).parts) <= 2 and not is_path(policy)
    return policy if named and not Path(policy).exists() else None


def is_path(value: str) -> bool:
    """Whether a setting names a place on a machine, such as `/data/x` and `../x`.

    >>> [is_path(value) for value in ("/data/x.jsonl", "~/x", "C:\\\\x", "runs/x", "org/model")]
    [True, True, True, False, False]
    """
    return value.startswith(("/", "~", "./", "../")) or PureWindowsPath(value).is_absolute()


def public(value: Any) -> Any:
    """A recipe without what says where it ran: absolute paths keep their last part.

    >>> public({"data": {"train": "/home/ann/tasks.jsonl"}, "judge": {"base_url": "http://10.0.0.1/v1"}})
    {'data': {'train': 'tasks.jsonl'}, 'judge': {}}
    """
    if isinstance(value, Mapping):
        return {key: public(item) for key, item in value.items() if key not in PRIVATE}
    if isinstance(value, list | tuple):
        return [public(item) for item in value]
    if isinstance(value, str) and is_path(value):
        return PureWindowsPath(value).name if "\\" in value else PurePosixPath(value).name
    return value


def _version(run: Run) -> str:
    return str((run.environment.get("packages") or {}).get("rlmr") or "")


def _how_to_load(name: str, template: Mapping[str, Any] | None) -> str:
    """Code that samples one text as in training."""
    options = "".join(f", {key}={value!r}" for key, value in (template or {}).items())
    return f"""## How to load

```python
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("{name}")
model = AutoModelForCausalLM.from_pretrained("{name}")
messages = [{{"role": "user", "content": "Write a story about a lighthouse in 100 to 150 words."}}]
inputs = tokenizer.apply_chat_template(
    messages, add_generation_prompt=True, return_tensors="pt", return_dict=True{options}
)
tokens = model.generate(**inputs, max_new_tokens=512)
print(tokenizer.decode(tokens[0, inputs["input_ids"].shape[1]:], skip_special_tokens=True))
```

`generation_config.json` samples as in training. Without a chat template the prompt is taken as it is."""


def _training(recipe: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The rows of the training table."""
    data, reward, grpo = recipe["data"], recipe["reward"], recipe.get("grpo", {})
    mixing = dict(recipe.get("mixing") or {})
    rule = mixing.pop("rule", "rlmr")
    yield "began with", str(recipe["policy"])
    limit = f", first {data['limit']} tasks" if data.get("limit") else ""
    yield "data", f"{data['train']}{limit}"
    yield "writing reward", f"{reward['model']}"
    parameters = ", ".join(f"{key} {value}" for key, value in mixing.items())
    yield "mixing rule", rule + (f" ({parameters})" if parameters else "")
    gates = recipe.get("gates") or []
    listed = [gate["type"] if isinstance(gate, Mapping) else str(gate) for gate in gates] if gates else []
    yield "gates", ", ".join(listed) or "none"
    yield (
        "adapter",
        f"LoRA, rank {recipe['lora']['r']}, merged" if recipe.get("lora") else "none: all weights",
    )
    for key in (
        "num_generations",
        "learning_rate",
        "beta",
        "loss_type",
        "temperature",
        "max_completion_length",
    ):
        if key in grpo:
            yield key, str(grpo[key])
    yield "seed", str(recipe.get("seed", 0))


def _numbers(run: Run, step: int) -> Iterator[str]:
    """Tables of what the run measured."""
    validated = read_lines(run.folder / "evaluation" / "validation.jsonl")
    if validated:
        yield _validation(run, [line["step"] for line in validated], step)
    lines = [line for line in run.metrics if line["step"] <= step]
    if not lines:
        yield "No step was recorded."
        return
    count = min(ENDS, max(1, len(lines) // 2))
    rows = [
        (name, _mean(lines[:count], name), _mean(lines[-count:], name))
        for name in SHOWN_METRICS
        if any(line.get(name) is not None for line in lines)
    ]
    last = lines[-1]["step"]
    yield (
        f"Training's own texts, means of {count} steps:\n\n"
        + _table(("metric", f"from step {lines[0]['step']}", f"to step {last}"), rows)
    )


def _mean(lines: Sequence[Mapping[str, Any]], name: str) -> str:
    known = [line[name] for line in lines if line.get(name) is not None]
    return f"{fmean(known):.3g}" if known else "–"


def _validation(run: Run, steps: Sequence[int], step: int) -> str:
    """The starting policy and the exported one on the held-out prompts, with 95 % intervals."""
    before = [row for group in run.groups(0, "val") for row in group] if 0 in steps else []
    near = max((one for one in steps if one <= step), default=0)
    after = [row for group in run.groups(near, "val") for row in group]
    scores = [score for row in before if (score := row.scores["quality"]) is not None]
    middle = median(scores) if scores else None
    rows = [
        (VALIDATED[name], _estimate(before, name, middle), _estimate(after, name, middle))
        for name in get_args(Metric)
    ]
    prompts = len({row.task for row in after})
    note = "" if near == step else f" (step {near} is the last validation before step {step})"
    return (
        f"On {prompts} held-out prompts, {len(after)} texts, 95 % intervals over prompts{note}. A checkpoint "
        "that is the best by these prompts looks a little better on them than on others.\n\n"
        + _table(("", "at the start", f"after step {near}"), rows)
    )


def _estimate(rows: Sequence[Row], name: Metric, start_median: float | None) -> str:
    values = [outcome(row, name, start_median) for row in rows]
    found: Estimate = clustered_mean(
        [math.nan if value is None else value for value in values], [row.task for row in rows]
    )
    return f"{found.value:.3g} ({found.low:.3g} to {found.high:.3g})" if found.n else "–"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines
    )
