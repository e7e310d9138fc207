"""Fixtures that every room may use: tiny random models with a word-level tokenizer and a chat template."""

from __future__ import annotations

import gc
import os
import signal
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
signal.signal(signal.SIGINT, signal.default_int_handler)
"""Background jobs of a shell begin with Ctrl-C ignored, and so would the commands that tests interrupt."""

WORDS = """
the a fox hen owl wolf river lantern garden story once upon time found lost and then but said i you it was
in on of to with bright dark old kind brave red blue little night day home end . , ! ? " : write about use
words word must not include sentence <think> </think>
"""

CHAT_TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|> {{ m['content'] }} {% if m['role'] == 'assistant' %}<|end|>"
    "{% endif %}{% endfor %}{% if add_generation_prompt %}<|assistant|> {% endif %}"
)


def build_tokenizer():
    """A word-level tokenizer of about 70 words whose chat template ends every answer with <|end|>."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    special = ["<pad>", "<unk>", "<|end|>", "<|user|>", "<|assistant|>", "<|system|>"]
    vocabulary = {word: index for index, word in enumerate([*special, *WORDS.split()])}
    raw = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token="<pad>", unk_token="<unk>", eos_token="<|end|>", padding_side="left"
    )
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|user|>", "<|assistant|>", "<|system|>"]})
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def _save(folder: Path, labels: int | None) -> Path:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification

    torch.manual_seed(0)
    tokenizer = build_tokenizer()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=512,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
        **({} if labels is None else {"num_labels": labels}),
    )
    model = LlamaForCausalLM(config) if labels is None else LlamaForSequenceClassification(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_policy(tmp_path_factory) -> Path:
    """A random causal LM of 2 layers and width 32, saved with its tokenizer."""
    return _save(tmp_path_factory.mktemp("models") / "policy", None)


@pytest.fixture(scope="session")
def tiny_reward_model(tmp_path_factory) -> Path:
    """A random sequence classifier with one label, saved with the same tokenizer."""
    return _save(tmp_path_factory.mktemp("models") / "reward_model", 1)


@pytest.fixture
def rlmr(monkeypatch, capsys):
    """Type a command; gives exit code, stdout, stderr."""
    from rlmr import cli

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["rlmr", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = capsys.readouterr()
        return stop.value.code, out, err

    return run


def pytest_collection_finish() -> None:
    """Keep the collected tests from the collector: walking thousands doubles the time of some checks."""
    gc.collect()
    gc.freeze()
