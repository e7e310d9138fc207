"""How well HANNA's pairs can be predicted at all: `python -m benchmarks.reward_ceiling`.

Three raters gave each story a mark. How far they agree bounds what anyone can get right, whoever knows the
true merit of every story included. Legend: N stories, R raters.
"""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import numpy.typing as npt

from benchmarks.reward import ROOT

Floats = npt.NDArray[np.float64]


def ratings() -> tuple[Floats, list[int]]:
    """HANNA's ratings, the mean over the six criteria, (stories, raters), and each story's prompt."""
    rows = [json.loads(line) for line in (ROOT / "hanna" / "ratings.jsonl").read_text().splitlines()]
    return np.array([np.mean(list(row["raters"].values()), axis=0) for row in rows]), [
        row["prompt_id"] for row in rows
    ]


def human_human() -> float:
    """How far one of HANNA's raters agrees with the mean of the other two; ties count half."""
    rating_NR, prompts = ratings()
    agree = []
    for prompt in sorted(set(prompts)):
        stories = rating_NR[np.array(prompts) == prompt]
        for a, b in itertools.combinations(stories, 2):
            gap = a - b
            if abs(gap.mean()) > 1e-9:
                for k in range(3):
                    agree.append(0.5 + 0.5 * float(np.sign(gap[k]) * np.sign(np.delete(gap, k).mean())))
    return float(np.mean(agree))


def ceiling(draws: int = 200) -> tuple[float, float, float]:
    """(reliability of the mean of three raters within prompts, accuracy of whoever knows the true merit, the
    same for normal merits and noise).

    One-way analysis of variance: the variance between stories of a prompt, less what raters' disagreement
    puts into it, is merit's. The second number simulates: merits are the observed means, shrunk towards their
    prompt's so that they have merit's variance, which keeps their shape; noise is drawn from the ratings'
    own residuals; texts with a lasting advantage stay ahead as often as they would for new raters. It holds
    if raters err independently of each other.
    """
    rating_NR, prompts = ratings()
    where = np.array(prompts)
    mean_N = rating_NR.mean(1)
    prompt_N = np.array([mean_N[where == p].mean() for p in prompts])
    within = rating_NR.var(1, ddof=1).mean() / 3
    between = ((mean_N - prompt_N) ** 2).sum() / (len(where) - len(set(prompts)))
    reliability = 1 - within / between
    merit_N = prompt_N + math.sqrt(reliability) * (mean_N - prompt_N)
    residual = ((rating_NR - mean_N[:, None]) * math.sqrt(3 / 2)).ravel()
    rng = np.random.default_rng(0)
    a, b = np.array(
        [
            (i, j)
            for p in sorted(set(prompts))
            for i, j in itertools.combinations(np.flatnonzero(where == p), 2)
        ]
    ).T
    shares = []
    for _ in range(draws):
        seen_N = merit_N + rng.choice(residual, (len(merit_N), 3)).mean(1)
        shares.append((0.5 + 0.5 * np.sign((merit_N[a] - merit_N[b]) * (seen_N[a] - seen_N[b]))).mean())
    return reliability, float(np.mean(shares)), 0.5 + math.asin(math.sqrt(reliability)) / math.pi


def main() -> None:
    """Print what there is to know."""
    print(f"one rater against the mean of the other two: {human_human():.3f}")
    print("reliability {:.3f}; knowing the true merit: {:.3f} simulated, {:.3f} if normal".format(*ceiling()))


if __name__ == "__main__":
    main()
