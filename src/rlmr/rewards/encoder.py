"""A reward model from any Hugging Face encoder: one linear score over what four readings of a text give.

*states*: the mean token state of every kept layer, embeddings included, over the whole text, however many
windows that takes. A small preference set (a thousand texts) does not teach a classification token what to
look at; a mean needs no teaching, and the lower layers of a sentence encoder say more about how a text is
written than its last one. *surface*, *words*: its shape and its TF-IDF, from the token ids ("wide and deep":
Cheng et al., arXiv 1606.07792). *prompt*: how near the text's states are to its prompt's. What a text
copies from its prompt is not read at all. Figures: docs/reward_model.md. Legend: B texts, T tokens, W
windows, L kept layers with the embeddings, H hidden, S = L * H, F dense features, G grams, V tokens of the
vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import scipy.sparse as sp
import torch
from torch import Tensor, nn
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForSequenceClassification,
    PretrainedConfig,
    PreTrainedModel,
)
from transformers.modeling_outputs import SequenceClassifierOutput

from rlmr.rewards.features import (
    SURFACE,
    Ids,
    Lexicon,
    as_sparse,
    mark_ids,
    own,
    surface,
)
from rlmr.rewards.render import padded
from rlmr.rewards.settings import FEATURES, Feature

MOST_TOKENS = 8192
"""Tokens of prompt and text that are read, in windows of the encoder's positions."""
NEAR_LAYERS = 3
"""Last kept layers in which text and prompt are compared."""


class Read(NamedTuple):
    """One rendered text, taken apart again."""

    prompt: tuple[int, ...]
    """Its tokens; empty where there is none or the model does not read it."""
    text: tuple[int, ...]
    """Its own tokens: what it copies from the prompt is left out (`rlmr.rewards.features.own`)."""


class EncoderRewardConfig(PretrainedConfig):  # type: ignore[misc]
    """The configuration of an `EncoderForSequenceClassification`."""

    model_type = "rlmr_encoder_reward"

    def __init__(
        self,
        encoder: dict[str, Any] | None = None,
        features: Sequence[Feature] = FEATURES,
        before: Sequence[int] = (),
        after: Sequence[int] = (),
        window: int = 510,
        marks: Sequence[int] = (),
        grams: int = 0,
        length_slope: float = 0.0,
        length_least: float = 0.0,
        **kwargs: Any,
    ) -> None:
        """`encoder` is the encoder's own configuration, with its `model_type`; `before` and `after` are the
        special tokens around a text, `window` the tokens that stand between them at most; `marks` are
        `mark_ids`; `grams` is G; `length_slope` is what a score loses per log token (length control), and
        `length_least` what it loses at least: what hardly a text of the fit lost less than."""
        kwargs.setdefault("num_labels", 1)
        super().__init__(**kwargs)
        self.encoder = encoder or {}
        self.features, self.before, self.after = list(features), list(before), list(after)
        self.window, self.marks, self.grams = window, list(marks), grams
        self.length_slope, self.length_least = length_slope, length_least
        self.hidden_size = self.encoder.get("hidden_size")
        self.max_position_embeddings = MOST_TOKENS

    @property
    def widths(self) -> dict[Feature, int]:
        """How many dense features each reading gives, in their order; `words` has G sparse ones instead."""
        layers = self.encoder["num_hidden_layers"] + 1
        sizes: dict[Feature, int] = {
            "states": self.encoder["hidden_size"] * layers,
            "surface": len(SURFACE) + len(self.marks),
            "prompt": min(NEAR_LAYERS, layers),
        }
        return {name: size for name, size in sizes.items() if name in self.features}


class EncoderForSequenceClassification(PreTrainedModel):  # type: ignore[misc]
    """score = w . (features - center) / scale + u . words + b - max(slope * log tokens, least), with F
    features, G words.

    `center` and `scale` (F,), `text_center` and `prompt_center` (S,), the words and their weights u are set
    once, by `rlmr.rewards.probe`; fine-tuning changes w and the encoder.
    """

    config_class = EncoderRewardConfig
    base_model_prefix = "encoder"

    def __init__(self, config: EncoderRewardConfig) -> None:
        super().__init__(config)
        self.encoder = AutoModel.from_config(AutoConfig.for_model(**config.encoder))
        drop_pooler(self.encoder)
        states = config.encoder["hidden_size"] * (config.encoder["num_hidden_layers"] + 1)
        dense = sum(config.widths.values())
        self.register_buffer("center", torch.zeros(dense))
        self.register_buffer("scale", torch.ones(dense))
        self.register_buffer("text_center", torch.zeros(states))
        self.register_buffer("prompt_center", torch.zeros(states))
        self.register_buffer("gram_keys", torch.zeros(config.grams, dtype=torch.int64))
        self.register_buffer("gram_idf", torch.zeros(config.grams))
        self.register_buffer("gram_weight", torch.zeros(config.grams))
        self.score = nn.Linear(dense, config.num_labels)
        self._lexicon: Lexicon | None = None
        self.post_init()

    @property
    def lexicon(self) -> Lexicon:
        """The words that count."""
        if self._lexicon is None:
            keys, idf = self.gram_keys.cpu().numpy(), self.gram_idf.float().cpu().numpy()
            self._lexicon = Lexicon(keys, idf, self.config.encoder["vocab_size"])
        return self._lexicon

    def set_lexicon(self, lexicon: Lexicon) -> None:
        """Take other words, all of weight 0."""
        device = self.center.device
        self.gram_keys = torch.from_numpy(lexicon.keys).to(device)
        self.gram_idf = torch.from_numpy(lexicon.idf).to(device)
        self.gram_weight = torch.zeros(len(lexicon.keys), device=device)
        self.config.grams, self._lexicon = len(lexicon.keys), None

    def read(self, ids: Ids) -> Read:
        """Prompt and text of a rendered text: what stands before the first separator, and behind it."""
        before, after = self.config.before, self.config.after
        inner = list(ids)[len(before) if list(ids[: len(before)]) == before else 0 :]
        if after and inner[-len(after) :] == after:
            inner = inner[: -len(after)]
        if not (self.config.reads_prompt and after and after[-1] in inner):
            return Read((), tuple(inner))
        at = inner.index(after[-1])
        behind = at + 1
        while behind < len(inner) and inner[behind] in (*after, *before):
            behind += 1
        return Read(tuple(inner[:at]), tuple(own(inner[behind:], inner[:at])))

    def states(self, texts: Sequence[Ids]) -> Tensor:
        """Mean token states of B texts, (B, S) in float32: each layer's mean over all tokens of all
        windows."""
        before, after, device = self.config.before, self.config.after, self.center.device
        cut = [(i, part) for i, text in enumerate(texts) for part in windows(text, self.config.window)]
        batch = padded([[*before, *part, *after] for _, part in cut], self.config.pad_token_id or 0, device)
        mask_WT = batch["attention_mask"]
        layers = self.encoder(**batch, output_hidden_states=True).hidden_states
        share_BW = torch.zeros(len(texts), len(cut), device=device)
        share_BW[[i for i, _ in cut], list(range(len(cut)))] = mask_WT.sum(1).float()
        share_BW = share_BW / share_BW.sum(1, keepdim=True)
        share_W1T = (mask_WT / mask_WT.sum(1, keepdim=True))[:, None].float()
        return share_BW @ torch.cat([(share_W1T @ state_WTH.float())[:, 0] for state_WTH in layers], dim=1)

    def both_states(self, reads: Sequence[Read]) -> tuple[Tensor, Tensor]:
        """Mean states of B texts and of their prompts, (B, S) each; a prompt's are encoded once, and NaN
        where there is none or it is not read."""
        text_BS = self.states([read.text for read in reads])
        prompt_BS = torch.full_like(text_BS, torch.nan)
        asked = sorted({read.prompt for read in reads if read.prompt})
        if asked and "prompt" in self.config.features:
            found = self.states(asked)
            rows = [i for i, read in enumerate(reads) if read.prompt]
            prompt_BS[rows] = found[[asked.index(reads[i].prompt) for i in rows]].to(prompt_BS.dtype)
        return text_BS, prompt_BS

    def dense(self, reads: Sequence[Read], text_BS: Tensor, prompt_BS: Tensor) -> Tensor:
        """The dense features of B texts, (B, F), in the order of `config.widths`; those of a prompt that is
        not there are 0."""
        found: dict[str, Tensor] = {"states": text_BS}
        device = text_BS.device
        if "surface" in self.config.features:
            rows = [torch.from_numpy(surface(read.text, self.config.marks)) for read in reads]
            found["surface"] = torch.stack(rows).to(device)
        if "prompt" in self.config.features:
            found["prompt"] = self._nearness(text_BS, prompt_BS)
        return torch.cat([text_BS[:, :0], *(found[name] for name in self.config.widths)], dim=1)

    def _nearness(self, text_BS: Tensor, prompt_BS: Tensor) -> Tensor:
        """Cosine of text and prompt, each without the mean of its kind, in the last layers; 0 without a
        prompt."""
        hidden = self.config.encoder["hidden_size"]
        text_BLH = (text_BS - self.text_center).unflatten(1, (-1, hidden))[:, -NEAR_LAYERS:]
        prompt_BLH = (prompt_BS - self.prompt_center).unflatten(1, (-1, hidden))[:, -NEAR_LAYERS:]
        known_B1 = ~prompt_BS.isnan().any(1, keepdim=True)
        cosine = nn.functional.cosine_similarity(text_BLH, prompt_BLH.nan_to_num(), dim=2)
        return cosine * known_B1

    def words(self, reads: Sequence[Read]) -> sp.csr_matrix:
        """TF-IDF of B texts over the words that count, sparse (B, G)."""
        return as_sparse([self.lexicon.weights(read.text) for read in reads], self.config.grams)

    def head(self, reads: Sequence[Read], text_BS: Tensor, prompt_BS: Tensor) -> Tensor:
        """Scores of B texts, (B, labels), from their mean states."""
        with torch.autocast(text_BS.device.type, enabled=False):
            dense_BF = self.dense(reads, text_BS.float(), prompt_BS.float())
            score: Tensor = self.score((dense_BF - self.center) / self.scale)
            if "words" in self.config.features and self.config.grams:
                words_B = self.words(reads) @ self.gram_weight.cpu().numpy()
                score = score + torch.from_numpy(words_B)[:, None].to(score)
            by_length_B: Tensor = self.config.length_slope * log_tokens(reads).to(score)
            return score - by_length_B.clamp(min=self.config.length_least)[:, None]

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor | None = None, **_: Any
    ) -> SequenceClassifierOutput:
        """Scores of B texts as logits, (B, 1), in float32."""
        mask_BT = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        rows = zip(input_ids.tolist(), mask_BT.tolist(), strict=True)
        reads = [self.read([token for token, kept in zip(*row, strict=True) if kept]) for row in rows]
        return SequenceClassifierOutput(logits=self.head(reads, *self.both_states(reads)))


def log_tokens(reads: Sequence[Read]) -> Tensor:
    """Logarithm of the number of own tokens of B texts, (B,); 0 for an empty text."""
    return torch.tensor([max(1, len(read.text)) for read in reads]).log()


def windows(text: Ids, most: int) -> list[Ids]:
    """A text in as few parts of at most `most` tokens as it takes, all about equally long; one part, empty,
    for an empty text.

    >>> windows([1, 2, 3, 4, 5], 3), windows([], 3)
    ([[1, 2, 3], [4, 5]], [[]])
    """
    count = max(1, -(-len(text) // most))
    size = max(1, -(-len(text) // count))
    return [text[i : i + size] for i in range(0, len(text), size)] or [text]


def drop_pooler(encoder: Any) -> None:
    """Take out a pooler on the classification token, which nothing here reads."""
    if "pooler" in dict(encoder.named_children()):
        encoder.pooler = None


def from_encoder(
    path: str | Path,
    tokenizer: Any,
    *,
    layers: int | None = None,
    features: Sequence[Feature] = FEATURES,
    reads_prompt: bool = True,
) -> EncoderForSequenceClassification:
    """An untrained reward model on the encoder at `path`, a folder or Hugging Face name.

    `layers` keeps the encoder's first few layers; None keeps all. Every score is 0 to begin with.
    """
    changes = {} if layers is None else {"num_hidden_layers": layers}
    encoder = AutoModel.from_pretrained(path, dtype=torch.float32, **changes)
    around = tokenizer("")["input_ids"]
    before = [token for token in around[:1] if token == tokenizer.cls_token_id]
    positions = min(tokenizer.model_max_length, encoder.config.max_position_embeddings)
    config = EncoderRewardConfig(
        encoder=encoder.config.to_dict(),
        features=[name for name in FEATURES if name in features and (reads_prompt or name != "prompt")],
        before=before,
        after=around[len(before) :],
        window=positions - len(around),
        marks=mark_ids(tokenizer),
        pad_token_id=encoder.config.pad_token_id,
        reads_prompt=reads_prompt,
    )
    model = EncoderForSequenceClassification(config)
    drop_pooler(encoder)
    model.encoder = encoder
    nn.init.zeros_(model.score.weight)
    nn.init.zeros_(model.score.bias)
    return model


AutoConfig.register(EncoderRewardConfig.model_type, EncoderRewardConfig)
AutoModelForSequenceClassification.register(EncoderRewardConfig, EncoderForSequenceClassification)
