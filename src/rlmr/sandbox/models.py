"""The sandbox's tokenizer and the shapes of its small models."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

SPECIAL = ("<pad>", "<unk>", "<end>", "<user>", "<story>")
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message['role'] == 'user' %}{{ '<user>' + message['content'] }}"
    "{% else %}{% generation %}{{ '<story>' + message['content'] + '<end>' }}{% endgeneration %}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<story>' }}{% endif %}"
)
MAX_TOKENS = 256
"""Longest prompt and story together."""
_PIECE = r'▁"|[.,"\n]'
_SPLIT = re.compile(rf"{_PIECE}|▁?[^▁.,\"\n]+|▁")


def make_tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """A word-level tokenizer over every piece of `texts`; a space belongs to the word after it.

    >>> tok = make_tokenizer(['A fox said, "Go."'])
    >>> tok.decode(tok('A fox said, "Go."').input_ids)
    'A fox said, "Go."'
    """
    pieces = sorted({piece for text in texts for piece in _SPLIT.findall(text.replace(" ", "▁"))})
    vocab = {token: i for i, token in enumerate([*SPECIAL, *pieces])}
    tokenizer = Tokenizer(models.WordLevel(vocab, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="never"),
            pre_tokenizers.Split(Regex(_PIECE), "isolated"),
        ]
    )
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="never")
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        unk_token="<unk>",
        eos_token="<end>",
        additional_special_tokens=["<user>", "<story>"],
        clean_up_tokenization_spaces=False,
        model_max_length=MAX_TOKENS,
        padding_side="left",
    )
    fast.chat_template = CHAT_TEMPLATE
    return fast


def policy_config(tokenizer: Any) -> LlamaConfig:
    """A Llama of about 1.1 million parameters; heads of 32 so that inference servers accept it."""
    return LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=160,
        intermediate_size=448,
        num_hidden_layers=3,
        num_attention_heads=5,
        num_key_value_heads=5,
        max_position_embeddings=MAX_TOKENS,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )


def new_policy(tokenizer: Any) -> LlamaForCausalLM:
    """An untrained policy."""
    return LlamaForCausalLM(policy_config(tokenizer))
