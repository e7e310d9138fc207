"""Length control by one head or by two: `python -m benchmarks.reward_odin --output FOLDER`.

ODIN (arXiv 2402.07319) gives the encoder a quality and a length head; the choice is explained by their sum,
quality is kept from following length, the length head is drawn to it, and only quality is left when scoring.
Here both are linear heads on the same frozen readings of HANNA, five folds by prompt, beside a single head
under `decorrelate` with the same penalties. Needs the states that `benchmarks.reward heads` keeps.
"""

from __future__ import annotations

import argparse
import itertools
import os
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmarks.reward import FOLDS, Stored, parted, settings
from rlmr.evals.stats import clustered_mean, spearman
from rlmr.rewards.probe import prepare
from rlmr.rewards.render import render
from rlmr.rewards.settings import Length
from rlmr.rewards.train import group_rows, load_untrained
from rlmr.rewards.trainer import GroupCollator, log_length_sd, pair_loss, squared_correlation
from rlmr.text import count_words

PENALTIES = (3e-3,)
WEIGHTS = (0.5, 1.0)
STEPS = 150


def solve(
    points_NR: Tensor, rows: list[dict[str, object]], sd: float, penalty: float, weight: float, heads: int
) -> Tensor:
    """The quality head's weights, (R,)."""
    batch = GroupCollator()(rows)
    log_length_N = batch["lengths"].clamp(min=1).log()
    head_HR = torch.zeros(heads, points_NR.shape[1], dtype=torch.float64, requires_grad=True)
    solver = torch.optim.LBFGS([head_HR], max_iter=STEPS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        solver.zero_grad()
        scores_HN = head_HR @ points_NR.T
        value = (
            pair_loss(scores_HN.sum(0), batch, Length(), torch.zeros(()), sd) + penalty * (head_HR**2).sum()
        )
        value = value + weight * squared_correlation(scores_HN[0], log_length_N)
        if heads == 2:
            value = value - weight * squared_correlation(scores_HN[1], log_length_N)
        value.backward()  # type: ignore[no-untyped-call]
        return value

    solver.step(closure)  # type: ignore[no-untyped-call]
    return head_HR.detach()[0]


def main() -> None:
    """Print both for every penalty and weight."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, default=Path("build/reward"))
    args = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    stored, setup = Stored(args), settings("hanna", "head_none", 0)
    cases = list(itertools.product(PENALTIES, WEIGHTS, (1, 2)))
    found: dict[tuple[float, float, int], list[tuple[float, bool, str]]] = {case: [] for case in cases}
    rhos: dict[tuple[float, float, int], list[float]] = {case: [] for case in cases}
    for fold in range(FOLDS):
        kept, held = parted("hanna", str(fold))
        model = load_untrained(setup, stored.tokenizer)
        rows = list(group_rows(kept, stored.tokenizer, setup, None))
        sd = log_length_sd([n for row in rows for n in row["lengths"]])
        texts = sorted({(str(p.prompt), t) for p in held for t in (p.chosen, p.rejected)})
        train_reads = [model.read(ids) for row in rows for ids in row["texts"]]
        test_reads = [model.read(render(stored.tokenizer, *text)) for text in texts]
        blocks = prepare(model, train_reads, *stored(train_reads))
        with torch.no_grad():
            test_NF = (model.dense(test_reads, *stored(test_reads)) - model.center) / model.scale
        parts = dict(
            zip(model.config.widths, test_NF.split(list(model.config.widths.values()), 1), strict=True)
        )
        across = model.words(test_reads) @ blocks["words"].features.T
        cross = torch.from_numpy(across.toarray()).double() * blocks["words"].scale
        for name, part in parts.items():
            cross += blocks[name].scale * (part @ torch.from_numpy(blocks[name].features).T).double()
        values, basis = torch.linalg.eigh(torch.stack([block.gram for block in blocks.values()]).sum(0))
        basis, root = basis[:, values > 1e-6 * values.max()], values[values > 1e-6 * values.max()].sqrt()
        for penalty, weight, heads in cases:
            direction = solve(basis * root, rows, sd, penalty, weight, heads)
            scores = dict(
                zip((t for _, t in texts), (cross @ (basis @ (direction / root))).tolist(), strict=True)
            )
            words = {t: float(count_words(t)) for t in scores}
            rhos[penalty, weight, heads].append(spearman(list(scores.values()), list(words.values())))
            for p in held:
                both = sorted((words[p.chosen], words[p.rejected]))
                right = float(scores[p.chosen] > scores[p.rejected])
                found[penalty, weight, heads].append((right, both[1] <= 1.1 * both[0], p.group))
    for (penalty, weight, heads), rows_ in found.items():
        every = clustered_mean([right for right, _, _ in rows_], [group for _, _, group in rows_])
        matched = clustered_mean([r for r, m, _ in rows_ if m], [g for _, m, g in rows_ if m])
        print(
            f"penalty {penalty}, weight {weight}, {'two heads' if heads == 2 else 'one head'}: "
            f"{every.value:.3f} [{every.low:.3f}, {every.high:.3f}]; matched {matched.value:.3f} "
            f"[{matched.low:.3f}, {matched.high:.3f}]; Spearman {np.mean(rhos[penalty, weight, heads]):+.3f}"
        )


if __name__ == "__main__":
    main()
