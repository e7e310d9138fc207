"""A run's policy as one plain model: loaded, an adapter merged, compared.

Axes: B texts, T tokens, V ids.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from peft import PeftModel
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from rlmr.data import prompt_text
from rlmr.evals.generate import end_tokens, render
from rlmr.models import ModelError, first_line
from rlmr.policies.find import Kept
from rlmr.recipes.models import locate
from rlmr.runs import Run, RunError

Dtype = Literal["auto", "float32", "bfloat16", "float16"]

MERGED_WITHIN = {torch.float32: 1e-3, torch.bfloat16: 0.25, torch.float16: 0.1}
"""How far merging an adapter may move a logit, in standard deviations of the logits: rounding, no more."""

PROBE_TEXTS, PROBE_TOKENS = 4, 256
"""How much of a run's own texts two models are compared on."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How far the logits of one model are from another's, over the same tokens."""

    largest: float
    """The largest, in standard deviations of the first one's logits; NaN where a logit is not finite."""
    same_choice: float
    """Share of places where both find the same token the most probable."""
    tokens: int
    """Places compared."""


def load_kept(run: Run, kept: Kept) -> tuple[Any, Any]:
    """The policy and its tokenizer, in the precision it was saved in; an adapter sits on its base model.

    The base is the one that the recipe names. Raises ModelError where either cannot be loaded.
    """
    tokenizer = _load(AutoTokenizer.from_pretrained, kept.folder, padding_side="left")
    if not kept.adapter:
        model = _load(AutoModelForCausalLM.from_pretrained, kept.folder, dtype="auto")
    else:
        base = _load(AutoModelForCausalLM.from_pretrained, locate(run.config["policy"]), dtype="auto")
        model = PeftModel.from_pretrained(base, str(kept.folder))
    if torch.accelerator.is_available():
        model = model.to(torch.accelerator.current_accelerator())
    return model.eval(), tokenizer


def _load(load: Any, path: str | Path, **options: Any) -> Any:
    try:
        return load(path, **options)
    except (OSError, ValueError, SafetensorError) as error:
        raise ModelError(f"policy: {path} cannot be loaded: {first_line(error)}") from error


def merged(model: Any, probe: Sequence[Sequence[int]]) -> tuple[Any, Difference | None]:
    """The model with its adapter in its weights, and what that changed; None for one without an adapter.

    Raises RunError where the merge moves logits further than rounding does.
    """
    if not isinstance(model, PeftModel):
        return model, None
    before = logits_of(model, probe)
    plain = model.merge_and_unload(safe_merge=True)
    difference = compare(before, logits_of(plain, probe))
    limit = MERGED_WITHIN[plain.dtype]
    if not difference.largest <= limit:
        raise RunError(
            f"merging the adapter moved a logit by {difference.largest:.3g} standard deviations; at most "
            f"{limit:g} are rounding in {plain.dtype}: the adapter and the base model do not belong together"
        )
    return plain, difference


def logits_of(model: Any, probe: Sequence[Sequence[int]]) -> list[torch.Tensor]:
    """Of each text (T, V) logits, float32 on the CPU, one text at a time."""
    with torch.inference_mode():
        return [
            model(torch.tensor([list(ids)], device=model.device)).logits[0].float().cpu() for ids in probe
        ]


def compare(ours: Sequence[torch.Tensor], theirs: Sequence[torch.Tensor]) -> Difference:
    """How far `theirs` are from `ours`.

    >>> compare([torch.tensor([[0.0, 2.0]])], [torch.tensor([[0.0, 2.0]])])
    Difference(largest=0.0, same_choice=1.0, tokens=1)
    """
    a, b = torch.cat(list(ours)), torch.cat(list(theirs))
    if not (torch.isfinite(a).all() and torch.isfinite(b).all()):
        return Difference(float("nan"), 0.0, len(a))
    largest = (a - b).abs().max() / a.std()
    same = (a.argmax(-1) == b.argmax(-1)).float().mean()
    return Difference(float(largest), float(same), len(a))


def probe_of(run: Run, tokenizer: Any) -> list[list[int]]:
    """Tokens to compare models on: the newest recorded texts behind their prompts, else a sentence."""
    texts = ["Once upon a time, in a garden by the river, there lived an old fox."]
    if run.steps:
        rows = [group[0] for group in run.groups(run.steps[-1])][:PROBE_TEXTS]
        texts = [
            (
                prompt_text(row.prompt)
                if tokenizer.chat_template is None
                else render(tokenizer, _prompt(row.prompt))
            )
            + row.completion
            for row in rows
        ]
    return [tokenizer(text, add_special_tokens=False).input_ids[:PROBE_TOKENS] or [0] for text in texts]


def _prompt(prompt: Any) -> Any:
    return prompt if isinstance(prompt, str) else tuple(prompt)


def generation_config(run: Run, model: Any, tokenizer: Any) -> GenerationConfig:
    """Sampling as the run trained it, and every end token that the model or its tokenizer names."""
    grpo = run.config.get("grpo", {})
    ends = end_tokens(model, tokenizer)
    return GenerationConfig(
        do_sample=True,
        temperature=float(grpo.get("temperature", 1.0)),
        top_p=float(grpo.get("top_p", 1.0)),
        top_k=int(grpo.get("top_k", 0)),
        eos_token_id=ends if len(ends) > 1 else ends[0],
        pad_token_id=ends[0] if tokenizer.pad_token_id is None else tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
    )


def check_saved(folder: Path, logits: Sequence[torch.Tensor], probe: Sequence[Sequence[int]]) -> Difference:
    """Load what was saved with plain transformers; its logits must be those of the model in memory, exactly.

    Raises RunError where they are not.
    """
    AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype="auto").eval()
    if torch.accelerator.is_available():
        model = model.to(torch.accelerator.current_accelerator())
    difference = compare(logits, logits_of(model, probe))
    del model
    gc.collect()
    if difference.largest != 0.0:
        raise RunError(
            f"what was saved does not give the run's logits when it is loaded again (largest difference "
            f"{difference.largest:.3g} standard deviations); nothing was exported"
        )
    return difference
