"""What a pass keeps: the tensors that PyTorch saves for the backward pass, counted from the models' own code.

Counted for the Llama family in transformers 5.23 and TRL 1.16, with PEFT 0.21; compared with what PyTorch
really saves in tests/memory. `c` is a linear map's output in bytes, a hidden state is as wide as the weights.
"""

from __future__ import annotations

from rlmr.memory.setup import Setup

HEAD_TOKENS, HEAD_COLUMNS = 4096, 32_768
"""Tokens and words of the tile in which TRL computes log-probabilities (its TOKEN_CHUNK_SIZE and
_CHUNKED_LOGPROB_CHUNK_SIZE): logits of all tokens never stand side by side."""

CPU_TILES = 7.25
"""Copies of that tile in 4 bytes that the backward pass makes on a CPU; on a GPU Triton works in place."""


def saved_by_layer(setup: Setup) -> int:
    """Bytes that one layer keeps of each token until its backward pass, without checkpointing."""
    shape, c, lora = setup.shape, setup.compute_bytes, setup.lora
    norms = 2 * 4 * shape.hidden + 2 * 4
    if lora is None:
        norms += 2 * setup.stream_bytes * shape.hidden
    normed = (shape.query + shape.keys) * shape.qk_norm
    query_norms = normed * 4 + (normed * c if lora is None else 0)
    inner = 3 * c * shape.intermediate
    return round(norms + _inputs(setup) + query_norms + _attention(setup) + inner)


def _inputs(setup: Setup) -> float:
    """Inputs of the linear maps: shared where no cast stands between, each its own copy where one does."""
    shape, c, lora = setup.shape, setup.compute_bytes, setup.lora
    if lora is None:
        copies = 5 if setup.casts else 2
        return c * (copies * shape.hidden + shape.intermediate)
    cast = setup.casts or (setup.autocast and setup.trained_bytes == 4)
    if cast or lora.dropout > 0:
        widths = [shape.matrices[name][0] for name in lora.targets]
        dropped = (1 if setup.cuda else setup.trained_bytes) * (lora.dropout > 0)  # which inputs were
        return (c + dropped) * sum(widths) + (1 + cast) * c * lora.rank * len(widths)
    targets = set(lora.targets)
    shared = bool(targets & {"q_proj", "k_proj", "v_proj"}) + bool(targets & {"gate_proj", "up_proj"})
    inner = shape.intermediate * ("down_proj" in targets)
    return c * (shared * shape.hidden + inner + lora.rank * len(targets))


def _attention(setup: Setup) -> float:
    """Queries, keys, values and output of the attention, and its mask.

    PyTorch's attention repeats grouped keys and values for every query head when it is given a mask, and
    keeps the mask as numbers; FlashAttention does neither.
    """
    shape, c = setup.shape, setup.compute_bytes
    if setup.attention.startswith("flash"):
        return c * (2 * shape.query + 2 * shape.keys) + 4 * shape.heads
    kept = c * 4 * shape.query + 4 * shape.heads + c * setup.length
    if setup.attention == "eager":
        kept += shape.heads * setup.length * (4 + c)
    return kept


def layer_input(setup: Setup) -> int:
    """Bytes that a checkpointed layer keeps of each token: its input."""
    return setup.stream_bytes * setup.shape.hidden


def passing(setup: Setup) -> int:
    """Bytes of each token that come and go in the middle of a layer's backward pass, beside what it keeps.

    Adapters in 4 bytes copy the MLP's widest input to 4 before they copy it to 2.
    """
    c = setup.compute_bytes
    inner = c + (4 if setup.lora is not None and c < setup.trained_bytes else c)
    return inner * setup.shape.intermediate + 2 * setup.stream_bytes * setup.shape.hidden


def head_tokens(setup: Setup) -> int:
    """Tokens whose log-probabilities are computed: on a GPU the completions', on a CPU all."""
    return setup.batch * (setup.completion if setup.cuda else setup.length - 1)


def head_saved(setup: Setup) -> int:
    """Bytes that the last norm and the head keep until the backward pass."""
    wide = setup.stream_bytes * setup.shape.hidden
    norm = 4 * setup.shape.hidden + (0 if setup.lora else wide)
    return round(setup.tokens * norm + head_tokens(setup) * wide + setup.tokens * wide)


def head_passing(setup: Setup) -> int:
    """Bytes that come and go while the head's gradient is computed, without that of its weights."""
    tokens = head_tokens(setup)
    rows = min(tokens, HEAD_TOKENS)
    tile = rows * HEAD_COLUMNS * setup.compute_bytes
    if not setup.cuda:
        tile += int(CPU_TILES * 4 * rows * min(HEAD_COLUMNS, setup.shape.vocab))
    return tile + 4 * tokens * setup.shape.hidden


def generation(setup: Setup) -> dict[str, int]:
    """Bytes of sampling with transformers: the cache, the prompts' pass, the next words' probabilities.

    Under mixed precision with weights of 4 bytes, keys come out of the rotary embedding in 4 bytes. With
    adapters there is no mixed precision: `generate` goes past the wrapper that would switch it on.
    """
    shape, texts, c = setup.shape, setup.generated, setup.compute_bytes
    if setup.lora is not None:
        c = setup.weight_bytes
    kv = texts * setup.length * shape.keys * (setup.stream_bytes + c)
    words = 4 * texts * shape.vocab * 4
    prompt = texts * setup.prompt * (_prompt_inner(setup, c) * shape.intermediate + 8 * shape.hidden)
    return {"cache": shape.layers * kv + kv, "passing": max(words, prompt)}


def _prompt_inner(setup: Setup, c: int) -> int:
    """Bytes of each number of the MLP's width that stand side by side in a forward pass alone.

    Gate, map and product; or with an adapter gate, map, what the adapter adds, and their sum, in the wider of
    their bytes (to which a CPU copies the map first).
    """
    if setup.lora is None or not {"gate_proj", "up_proj"} & set(setup.lora.targets):
        return 3 * c
    added = setup.trained_bytes
    promoted = added if added > c and not setup.cuda else 0
    return 2 * c + added + max(added, c) + promoted
