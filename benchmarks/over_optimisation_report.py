"""What the arms of `benchmarks.over_optimisation` came to: where gold turns, and a picture of it.

The *onset* is the KL at which gold, averaged over seeds and tasks, is highest: the vertex of the parabola
in sqrt(KL) through the best checkpoint and its two neighbours (sqrt(KL): the distance of Gao et al.,
arXiv:2210.10760, over which gold is smooth). Intervals are 95 %, from DRAWS resamples of seeds and of tasks
(both, with replacement); all arms share those of the tasks, so that differences are paired. One seed leaves
the spread between runs out of the interval.

Legend: R seeds, S checkpoints, A texts, D draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rlmr.runs.files import write_json

Floats = npt.NDArray[np.float64]
DRAWS = 1000
AT = (2.0, 5.0, 10.0, 20.0)
"""KL, in nats per text, at which gold is read off every arm."""
COLOURS = {"single": "#444444", "mean": "#1f77b4", "worst": "#d62728", "lower": "#2ca02c"}
LABELS = {"single": "single model", "mean": "mean", "worst": "worst case", "lower": "mean - 1 std"}


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to score, every text of every checkpoint."""

    source: str
    kind: str
    log_ratio_RSA: Floats
    gold_RSA: Floats
    proxy_RSA: Floats
    aside_RSA: Floats
    """The shipped reward model's scores, which nothing here optimised."""
    words_RSA: Floats
    spread_RSA: Floats
    """Standard deviation over the members' scores."""

    @property
    def name(self) -> str:
        """For tables."""
        return f"{self.source}, {LABELS[self.kind]}"


def onset(kl_S: Floats, gold_S: Floats) -> tuple[float, float]:
    """KL and gold where gold is highest; KL is 0 where it only falls, inf where it is highest at the end.

    >>> [round(x, 3) for x in onset(np.array([0.0, 1.0, 4.0, 9.0]), np.array([0.0, 2.0, 2.0, 0.0]))]
    [2.25, 2.25]
    """
    i = int(np.argmax(gold_S))
    if i in (0, len(gold_S) - 1):
        return (0.0 if i == 0 else float("inf")), float(gold_S[i])
    a, b, c = np.polyfit(np.sqrt(np.maximum(kl_S[i - 1 : i + 2], 0)), gold_S[i - 1 : i + 2], 2)
    at = -b / (2 * a)
    return float(at**2), float(a * at**2 + b * at + c)


def gold_at(kl_S: Floats, gold_S: Floats, kl: float) -> float:
    """Gold at a KL, between checkpoints linear in sqrt(KL); NaN beyond the last one."""
    x_S = np.sqrt(np.maximum.accumulate(np.maximum(kl_S, 0)))
    return float("nan") if kl > x_S[-1] ** 2 else float(np.interp(np.sqrt(kl), x_S, gold_S))


def facts(arm: Arm, seeds: npt.NDArray[np.intp], tasks: npt.NDArray[np.intp]) -> Floats:
    """Onset's KL and gold, gold's last value, then gold at every KL of AT, for one resample."""
    kl_S = arm.log_ratio_RSA[seeds][:, :, tasks].mean((0, 2))
    gold_S = arm.gold_RSA[seeds][:, :, tasks].mean((0, 2))
    return np.array([*onset(kl_S, gold_S), gold_S[-1], *(gold_at(kl_S, gold_S, kl) for kl in AT)])


def resampled(arm: Arm) -> tuple[Floats, Floats]:
    """The facts as measured, and of DRAWS resamples, (D, facts); the same tasks for every arm."""
    runs, _, texts = arm.gold_RSA.shape
    of_seeds, of_tasks = np.random.default_rng(0), np.random.default_rng(1)
    draws = [
        facts(arm, of_seeds.integers(0, runs, runs), of_tasks.integers(0, texts, texts)) for _ in range(DRAWS)
    ]
    return facts(arm, np.arange(runs), np.arange(texts)), np.array(draws)


def between(values_D: Floats) -> str:
    """The middle 95 % of draws. Infinite ones lie beyond the range, and so do those without a value.

    >>> between(np.array([1.0, 2.0, np.inf]))
    '[1.00, >]'
    """
    known_D = np.where(np.isnan(values_D), np.inf, values_D)
    low, high = np.quantile(known_D, [0.025, 0.975], method="inverted_cdf")
    return f"[{low:.2f}, {'>' if np.isinf(high) else f'{high:.2f}'}]"


def table(arms: list[Arm], found: dict[str, tuple[Floats, Floats]]) -> list[str]:
    """One line per arm, in Markdown; `found` holds what was resampled, by the arm's name."""
    head = [
        "| | seeds | onset, KL | gold there | gold at the end, KL |" + "".join(f" at {kl:g} |" for kl in AT)
    ]
    head.append("|---" * (5 + len(AT)) + "|")
    lines = []
    for arm in arms:
        measured, draws = found[arm.name]
        kl = "beyond" if np.isinf(measured[0]) else f"{measured[0]:.1f}"
        end = f"{measured[2]:.2f} at {arm.log_ratio_RSA[:, -1].mean():.0f}"
        golds = "".join(" |" if np.isnan(g) else f" {g:.2f} |" for g in measured[3:])
        cells = f"{kl} {between(draws[:, 0])} | {measured[1]:.2f} {between(draws[:, 1])} | {end}"
        lines.append(f"| {arm.name} | {len(arm.gold_RSA)} | {cells} |{golds}")
    return head + lines


def differences(arms: list[Arm], found: dict[str, tuple[Floats, Floats]]) -> list[str]:
    """Every ensemble against the single models of its source, and `with` against `without`."""
    names = {(arm.source, arm.kind): arm.name for arm in arms}
    pairs = [((source, kind), (source, "single")) for source, kind in names if kind != "single"]
    pairs += [(("with", kind), ("without", kind)) for source, kind in names if source == "with"]
    columns = {"gold at onset": 1, **{f"at KL {kl:g}": 3 + AT.index(kl) for kl in (10.0, 20.0)}}
    lines = []
    for one, other in pairs:
        if other in names:
            (a, a_D), (b, b_D) = found[names[one]], found[names[other]]
            with np.errstate(divide="ignore", invalid="ignore"):  # 0 / 0 has no value
                ratio, ratio_D = a[0] / b[0], a_D[:, 0] / b_D[:, 0]
            cells = [f"onset x {ratio:.2f} {between(ratio_D)}"]
            cells += [
                f"{name} {a[i] - b[i]:+.2f} {between(a_D[:, i] - b_D[:, i])}" for name, i in columns.items()
            ]
            lines.append(f"{names[one]} against {names[other]}: " + ", ".join(cells))
    return lines


def picture(arms: list[Arm], path: Path) -> None:
    """Gold (lines) and the proxy's gain (dashed) over sqrt(KL); a panel per source, thin lines per seed."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams |= {"svg.hashsalt": "rlmr", "svg.fonttype": "none"}  # same numbers, same file
    import matplotlib.pyplot as plt

    sources = sorted({arm.source for arm in arms})
    figure, axes = plt.subplots(1, len(sources), figsize=(5 * len(sources), 3.6), sharey=True, squeeze=False)
    for axis, source in zip(axes[0], sources, strict=True):
        for arm in (arm for arm in arms if arm.source == source):
            x_S = np.sqrt(np.maximum(arm.log_ratio_RSA.mean((0, 2)), 0))
            start = arm.gold_RSA[:, 0].mean()
            gain_S = arm.proxy_RSA.mean((0, 2)) - arm.proxy_RSA[:, 0].mean() + start
            colour = COLOURS[arm.kind]
            for log_ratio_SA, gold_SA in zip(arm.log_ratio_RSA, arm.gold_RSA, strict=True):
                x = np.sqrt(np.maximum(log_ratio_SA.mean(1), 0))
                axis.plot(x, gold_SA.mean(1), color=colour, linewidth=0.5, alpha=0.5)
            axis.plot(x_S, arm.gold_RSA.mean((0, 2)), color=colour, linewidth=1.8, label=LABELS[arm.kind])
            axis.plot(x_S, gain_S, color=colour, linewidth=1.0, linestyle="--")
        axis.set_title(f"members trained {source} the policy's samples", fontsize=10)
        axis.set_xlabel("sqrt(KL from the start policy), nats per text")
    axes[0][0].set_ylabel("gold; dashed: gain of the proxy, in its std")
    axes[0][0].legend(frameon=False, fontsize=9)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    plt.close(figure)


def traces(arms: list[Arm]) -> list[str]:
    """Every arm's means at its checkpoints: what rises and what falls."""
    lines = []
    for arm in arms:
        lines.append(arm.name)
        for name, values_RSA in (
            ("KL", arm.log_ratio_RSA),
            ("gold", arm.gold_RSA),
            ("proxy", arm.proxy_RSA),
            ("judge aside", arm.aside_RSA),
            ("members' spread", arm.spread_RSA),
            ("words", arm.words_RSA),
        ):
            lines.append(f"  {name:16s}" + "".join(f"{v:7.2f}" for v in values_RSA.mean((0, 2))))
    return lines


def report(arms: list[Arm], output: Path) -> None:
    """Print the tables; keep the curves as JSON and the picture as SVG."""
    found = {arm.name: resampled(arm) for arm in arms}
    print("\n".join([*table(arms, found), "", *differences(arms, found), "", *traces(arms)]))
    curves = {
        arm.name: {
            "kl": arm.log_ratio_RSA.mean(2).round(3).tolist(),
            "gold": arm.gold_RSA.mean(2).round(3).tolist(),
            "proxy": arm.proxy_RSA.mean(2).round(3).tolist(),
        }
        for arm in arms
    }
    write_json(output / "over_optimisation.json", curves)
    picture(arms, output / "over_optimisation.svg")
