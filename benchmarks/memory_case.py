"""One training of a random model, measured: the peak of its tensors' memory, and tokens per second.

`benchmarks.memory` (CPU) and `benchmarks.gpu_memory` start one process for each case; run by itself it takes
a case as JSON, with the fields of `Case`, and prints its result as JSON:

    python -m benchmarks.memory_case '{"shape": "tiny", "lora": true}'

Weights are random, so texts are noise of full length: memory and speed do not depend on what is said.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlmr import threads
from rlmr.memory import FACTS, Lora, Setup, Shape, estimate

if TYPE_CHECKING:
    from trl import GRPOConfig, GRPOTrainer

SHAPES = {
    "tiny": Shape(4, 128, 4, 2, 512, 2000, 32, tied=True, bias=True),
    "wide": Shape(3, 256, 4, 2, 12_288, 300, 64, tied=True, bias=True),
    "20M": Shape(8, 320, 5, 1, 1728, 16_000, 64, tied=True, bias=True),
    "66M": Shape(10, 512, 8, 2, 2816, 16_000, 64, tied=False, bias=True),
    "0.5B": FACTS["Qwen/Qwen2.5-0.5B-Instruct"],
    "7B": FACTS["Qwen/Qwen2.5-7B-Instruct"],
}
"""Models in the shape of Qwen2.5, by name; the last two are its own. In the wide one a layer takes more than
the head, as it does on a GPU."""


@dataclass(frozen=True)
class Case:
    """One run of `steps` optimiser steps."""

    shape: str = "tiny"
    """Of `SHAPES`."""
    trainer: str = "rlmr"
    """rlmr, or trl: plain GRPOTrainer."""
    lora: bool = False
    checkpointing: bool = False
    dtype: str = "float32"
    """Of the weights."""
    bf16: bool = False
    """Mixed precision."""
    beta: float = 0.0
    batch: int = 4
    accumulation: int = 2
    prompt: int = 16
    completion: int = 48
    steps: int = 2
    device: str = "cpu"

    def setup(self) -> Setup:
        """What `rlmr.memory` is told of it."""
        return Setup(
            SHAPES[self.shape],
            prompt=self.prompt,
            completion=self.completion,
            batch=self.batch,
            accumulation=self.accumulation,
            generated=self.batch * self.accumulation,
            weight_bytes=4 if self.dtype == "float32" else 2,
            autocast=self.bf16,
            checkpointing=self.checkpointing,
            reference=self.beta > 0,
            lora=Lora() if self.lora else None,
            cuda=self.device == "cuda",
        )

    def title(self) -> str:
        """In words, for a table."""
        how = [f"{self.shape}, {'LoRA' if self.lora else 'full'}, {self.dtype}"]
        how += ["mixed precision"] * self.bf16 + ["checkpointing"] * self.checkpointing
        how += ["reference model"] * (self.beta > 0 and not self.lora) + ["one pass"] * (
            self.accumulation == 1
        )
        return ", ".join(how)


class Constant:
    """A scorer that gives the texts of a group different scores."""

    def score(self, prompts: Sequence[Any], answers: Sequence[str]) -> Any:
        """0, 1, 2, 0, 1, …"""
        from rlmr.rewards.reward_model import Scores

        return Scores([float(i % 3) for i in range(len(answers))], [False] * len(answers))


def save_model(case: Case, folder: Path) -> None:
    """A random Qwen2 of the case's shape, with a tokenizer of bytes."""
    import torch
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import Qwen2Config, Qwen2ForCausalLM, Qwen2Tokenizer

    letters = sorted(ByteLevel.alphabet())
    vocabulary = {piece: i for i, piece in enumerate(("<|endoftext|>", "<|end|>", *letters))}
    tokenizer = Qwen2Tokenizer(vocab=vocabulary, merges=[], eos_token="<|end|>")
    shape = SHAPES[case.shape]
    config = Qwen2Config(
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        intermediate_size=shape.intermediate,
        vocab_size=shape.vocab,
        tie_word_embeddings=shape.tied,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=None,
    )
    torch.manual_seed(0)
    Qwen2ForCausalLM(config).to(getattr(torch, case.dtype)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def grpo_of(case: Case) -> dict[str, Any]:
    """TRL's settings of a case."""
    return {
        "max_steps": case.steps,
        "per_device_train_batch_size": case.batch,
        "gradient_accumulation_steps": case.accumulation,
        "num_generations": case.batch,
        "max_completion_length": case.completion,
        "generation_kwargs": {"min_new_tokens": case.completion},
        "activation_checkpointing": case.checkpointing,
        "bf16": case.bf16,
        "beta": case.beta,
        "model_init_kwargs": {"dtype": case.dtype},
        "use_cpu": case.device == "cpu",
        "save_strategy": "no",
    }


def build(case: Case, model: Path, output: Path) -> GRPOTrainer:
    """The case's trainer: ours, or TRL's own with a reward function that costs as little."""
    from rlmr.constraints import parse
    from rlmr.data import Task
    from rlmr.engines.lora import lora_config
    from rlmr.engines.settings import make_config
    from rlmr.engines.trl import Job, build_trainer
    from rlmr.runs import Mixture

    prompt = "a" * case.prompt
    config: GRPOConfig = make_config(grpo_of(case), output / "checkpoints", 0)
    lora = {"r": 16, "alpha": 32} if case.lora else None
    if case.trainer == "rlmr":
        constraints = parse([{"type": "word_count", "at_least": 1, "at_most": 9}])
        tasks = [Task(str(i), prompt, constraints) for i in range(8)]
        job = Job(str(model), tasks, Constant(), Mixture(), output, config.to_dict(), lora=lora)
        return build_trainer(job, config)
    from datasets import Dataset
    from transformers import AutoTokenizer, PrinterCallback
    from trl import GRPOTrainer

    def score(completions: list[str], **_: Any) -> list[float]:
        return [float(i % 3) for i in range(len(completions))]

    config.reward_weights = None
    trainer = GRPOTrainer(
        model=str(model),
        args=config,
        reward_funcs=[score],
        processing_class=AutoTokenizer.from_pretrained(model),
        train_dataset=Dataset.from_dict({"prompt": [prompt] * 8}),
        peft_config=lora_config(lora),
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def run(case: Case) -> dict[str, Any]:
    """Train, and give what was estimated and measured."""
    import torch
    from transformers import TrainerCallback

    from rlmr.engines.settings import quiet_libraries
    from rlmr.memory.measure import held_bytes, peak_of

    quiet_libraries()
    ends: list[float] = []

    class Clock(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, *args: Any, **options: Any) -> None:
            if case.device == "cuda":
                torch.cuda.synchronize()
            ends.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        save_model(case, model)
        trainer = build(case, model, Path(folder) / "run")
        trainer.add_callback(Clock())
        modules = [trainer.model] + ([trainer.ref_model] if trainer.ref_model is not None else [])
        gc.collect()
        peak = peak_of(trainer.train, held_bytes(modules), case.device)
    seconds = [after - before for before, after in pairwise(ends)]
    tokens = case.batch * case.accumulation * case.completion
    found = estimate(case.setup())
    return {
        **asdict(case),
        "measured_bytes": peak,
        "estimated_bytes": found.peak,
        "phase": found.busiest,
        "tokens_per_second": tokens / statistics.median(seconds) if seconds else None,
    }


def measure(case: Case) -> dict[str, Any]:
    """`run` in a process of its own: what one case leaves behind is not another's.

    On a CPU it is a fork, which spares the imports; CUDA does not survive one.
    """
    context = get_context("fork" if case.device == "cpu" else "spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(run, case).result()


def main() -> None:
    """Run the case that is given as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("case", help="fields of a case as JSON; {} = its defaults")
    given = parser.parse_args()
    threads.configure()
    print(json.dumps(run(replace(Case(), **json.loads(given.case)))))


if __name__ == "__main__":
    main()
