"""Mixed rewards inside any `GRPOTrainer`: its advantages come from `rlmr.mixing`, behind TRL's gather.

    class Trainer(MixedRewardsMixin, GRPOTrainer):
        mixture = Mixture("rlmr", {"gamma": 0.5})

    Trainer(reward_funcs=[score, kept], ...)  # raw columns: a score first, then constraints

TRL's reward functions see one rank's slice of a group; a rule on the group must see all of it. So the two
private methods around TRL's gather are overridden: `_calculate_rewards` mixes the gathered columns, and
`_generate_and_score_completions` puts the mix's advantages where TRL's own were. Both are private: TRL is
pinned, and tests/engines/test_pinned.py fails when they move.

Axes: P prompts, G texts of one prompt (the group), N = P * G texts of all ranks, B of them on this rank, K
reward functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from accelerate.utils import gather_object
from torch import Tensor
from trl import GRPOTrainer

from rlmr.mixing import Mixed, State, mix
from rlmr.runs import Mixture, mix_metrics

NOT_OURS = ("reward", "reward_std", "frac_reward_zero_std")
"""TRL's metrics about a sum of the columns that nothing is learned from; the mix logs its own."""


class MixedRewardsMixin(GRPOTrainer):  # type: ignore[misc]
    """Put it before your own `GRPOTrainer` subclass: `class Trainer(MixedRewardsMixin, Yours)`.

    The reward functions give raw columns. The first is the writing score: any real number, None where it
    could not be had. Every other is a constraint: 1 where the text keeps it, less (down to 0: by how much)
    where it does not, None where that is unknown; NaN and infinities are None. A text whose score is unknown,
    or which breaks nothing but has an unknown constraint, takes no part: its advantage is 0 and its tokens
    are out of the loss. TRL's `scale_rewards`, `reward_weights` and `multi_objective_aggregation` decide
    nothing any more.

    A rule that remembers something (`lagrangian`) needs `ResumableGRPOTrainer` as its base to go on from a
    checkpoint where it was.
    """

    mixture: Mixture = Mixture()
    """The rule, its parameters, the frozen standardisation."""
    mixing_state: State | None = None
    """What the rule remembers between steps; equal on all ranks."""
    hidden: tuple[str, ...] = NOT_OURS
    """TRL's metrics that are not logged: these names, and what begins with one that ends in '/'."""
    _mixed: Mixed | None = None

    def memory(self) -> dict[str, Any]:
        """What a checkpoint of `ResumableGRPOTrainer` holds: what the rule remembers."""
        return {"mixing_state": self.mixing_state}

    def remember(self, memory: Mapping[str, Any]) -> None:
        """The inverse of `memory`."""
        self.mixing_state = memory["mixing_state"]

    def grade_and_mix(
        self, inputs: list[dict[str, Any]], prompts: Any, completions: Any, ids: list[list[int]]
    ) -> tuple[Tensor, Mixed, dict[str, float]]:
        """Grade this rank's B texts, gather, mix all N: TRL's columns (N, K), the mix (P, G), metrics.

        Every rank returns the same. Here the columns are those of the reward functions. Raises ValueError for
        a group of different prompts, and as `mix_columns` does.
        """
        columns = super()._calculate_rewards(inputs, prompts, completions, ids)
        size = self._group_size
        check_groups(gather_object([str(prompt) for prompt in prompts]), size)
        mixed = mix_columns(columns, size, self.mixture, self.mixing_state, self.reward_func_names)
        return columns, mixed, mix_metrics(mixed)

    @property
    def _mode(self) -> str:
        return "train" if self.model.training else "eval"

    @property
    def _group_size(self) -> int:
        """G: texts of one prompt."""
        return int(self.num_generations if self._mode == "train" else self.num_generations_eval)

    def _calculate_rewards(
        self,
        inputs: list[dict[str, Any]],
        prompts: Any,
        completions: Any,
        completion_ids_list: list[list[int]],
    ) -> Tensor:
        """TRL's hook, after which it would normalise: the columns of all ranks, (N, K)."""
        columns, self._mixed, metrics = self.grade_and_mix(inputs, prompts, completions, completion_ids_list)
        if self._mode == "train":
            self.mixing_state = self._mixed.state
        for name, value in metrics.items():
            self._metrics[self._mode][name].append(value)
        return columns

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        """Let TRL sample, then put the mix's advantages in place of its own: (B,) float32 of this rank."""
        output: dict[str, Any] = super()._generate_and_score_completions(inputs)
        if self._mixed is None:
            raise RuntimeError("TRL scored without calling _calculate_rewards; is this TRL 1.16.0?")
        mixed, self._mixed = self._mixed, None
        start = self.accelerator.process_index * len(inputs)
        here = slice(start, start + len(inputs))
        self._replace_advantages(output, mixed.advantages.flatten().tolist(), here)
        self._mask_unknown(output, mixed.known.flatten(), here)
        metrics, prefixes = self._metrics[self._mode], tuple(name for name in self.hidden if name[-1] == "/")
        for name in [name for name in metrics if name in self.hidden or name.startswith(prefixes)]:
            del metrics[name]
        return output

    def _replace_advantages(self, output: dict[str, Any], advantages: list[float], here: slice) -> None:
        """Ours into what TRL learns from (this rank's slice) and into its tables (all ranks')."""
        theirs = output["advantages"]
        output["advantages"] = torch.tensor(advantages[here], dtype=theirs.dtype, device=theirs.device)
        shown = self._logs["advantages"]
        for _ in range(min(len(advantages), len(shown))):
            shown.pop()
        shown.extend(advantages)

    def _mask_unknown(self, output: dict[str, Any], known: Tensor, here: slice) -> None:
        """Take unknown texts out of the loss, where an advantage of 0 would leave them their KL term and
        their share of the tokens that it is divided by. A batch without any is left as it is."""
        if known.all():
            return
        texts = output["completion_mask"]
        takes_part = known[here].to(texts.device).unsqueeze(1)
        output["tool_mask"] = output.get("tool_mask", torch.ones_like(texts)) * takes_part
        tokens = (texts * output["tool_mask"]).sum()
        output["num_items_in_batch"] = self.accelerator.gather(tokens).sum()  # TRL's losses take 0 as 1


def mix_columns(
    columns: Tensor, size: int, mixture: Mixture, state: State | None, names: Sequence[str]
) -> Mixed:
    """Mix raw columns (N, K): a score, then K - 1 constraints, of groups that stand together, `size` each.

    A text keeps its constraints where all of its columns are 1; severity is the mean of what they lack.
    Raises ValueError for a constraint outside 0 to 1, with the name of its function, and for no constraint.

    >>> columns = torch.tensor([[1.0, 1.0], [3.0, 0.0], [0.0, 1.0], [2.0, torch.nan]])
    >>> mixed = mix_columns(columns, 4, Mixture(), None, ["score", "kept"])
    >>> [round(advantage, 2) for advantage in mixed.advantages[0].tolist()]
    [1.35, -1.04, -0.31, 0.0]
    """
    if columns.shape[1] < 2:
        raise ValueError(
            f"a score and at least one constraint are mixed; got {', '.join(names) or 'nothing'}"
        )
    columns = columns.detach().to("cpu", torch.float64)
    columns = torch.where(columns.isfinite(), columns, torch.nan)
    quality_N, kept_NC = columns[:, 0], columns[:, 1:]
    outside = (kept_NC < 0) | (kept_NC > 1)
    if outside.any():
        n, c = outside.nonzero()[0].tolist()
        raise ValueError(
            f"reward function {names[c + 1]!r} gave {kept_NC[n, c].item():g}; a constraint is 1 where the "
            "text keeps it, down to 0 where it does not, None where that is unknown"
        )
    failed_N = (kept_NC < 1).any(1)
    unknown_N = ~failed_N & kept_NC.isnan().any(1)
    severity_N = (1 - kept_NC).nan_to_num(0.0).mean(1)
    return mix(
        mixture.rule,
        ((quality_N - mixture.mean) / mixture.std).view(-1, size),
        (~failed_N).view(-1, size),
        unknown=unknown_N.view(-1, size),
        severity=severity_N.view(-1, size),
        state=state,
        **mixture.parameters,
    )


def check_groups(prompts: Sequence[str], size: int) -> None:
    """Raise ValueError unless every `size` of the N gathered prompts are the same one.

    >>> check_groups(["a", "a", "b", "b"], 2)
    >>> check_groups(["a", "b", "b", "a"], 2)
    Traceback (most recent call last):
    ValueError: text 1 answers another prompt than text 0 of its group of 2: batches are not ordered by group
    """
    for n, prompt in enumerate(prompts):
        first = n - n % size
        if prompt != prompts[first] or len(prompts) % size:
            raise ValueError(
                f"text {n} answers another prompt than text {first} of its group of {size}: batches are not "
                "ordered by group"
            )
