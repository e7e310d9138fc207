"""The whole method in one file, without a trainer: sample groups, score, verify, mix, update.

    python examples/loop.py --steps 5

Axes: P prompts, G texts of one prompt (the group), B = P * G texts, T tokens. What TRL adds to this
(clipping, several passes, a reference model, devices, checkpoints) is in `rlmr.engines.trl`.
"""

from __future__ import annotations

import argparse

import torch
from torch.nn.utils.rnn import pad_sequence

from rlmr.evals.generate import generate, load_policy
from rlmr.mixing import mix, reduce_verdicts
from rlmr.rewards.reward_model import RewardModel
from rlmr.sandbox import checkpoint
from rlmr.sandbox.tasks import make_tasks
from rlmr.verifiers.program import verify

P, G = 8, 8
VERDICT = {"pass": 1.0, "fail": 0.0, "unknown": float("nan")}


def log_probabilities(policy, prompts_ids, texts_ids):
    """(B, T) log-probability of each token of the texts, and the mask of real ones."""
    rows = [torch.tensor(p + t) for p, t in zip(prompts_ids, texts_ids, strict=True)]
    ids_BT = pad_sequence(rows, batch_first=True)
    real_BT = pad_sequence([torch.ones(len(r), dtype=torch.bool) for r in rows], batch_first=True)
    logits_BTV = policy(ids_BT, attention_mask=real_BT.long()).logits[:, :-1]
    logp_BT = logits_BTV.log_softmax(-1).gather(-1, ids_BT[:, 1:, None])[..., 0]
    written_BT = real_BT[:, 1:].clone()
    for row, prompt in zip(written_BT, prompts_ids, strict=True):
        row[: len(prompt) - 1] = False
    return logp_BT, written_BT


def main() -> None:
    """Train the sandbox's policy for a few steps and print what happens."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--rule", default="rlmr", help="a name in rlmr.mixing.MIXERS")
    args = parser.parse_args()

    policy, tokenizer = load_policy(checkpoint("policy"))
    reward_model = RewardModel(checkpoint("reward_model"))
    optimizer = torch.optim.AdamW(policy.parameters(), lr=2e-4)
    state = None  # the memory of a rule that has one: the lagrangian's dual

    for step, start in enumerate(range(0, args.steps * P, P), 1):
        # 1. Sample a group of texts for each prompt.
        tasks_B = [task for task in make_tasks(args.steps * P, seed=0)[start : start + P] for _ in range(G)]
        texts_B = generate(policy, tokenizer, [t.prompt for t in tasks_B], max_new_tokens=110, seed=step)

        # 2. How good is each text, and does it do what was asked? A text that did not end is a violator.
        scores = reward_model.score([t.prompt for t in tasks_B], [c.text for c in texts_B]).values
        verdicts_BC = [
            [VERDICT[v.status] for v in verify(t.prompt_text, c.text, t.constraints)] + [float(c.finished)]
            for t, c in zip(tasks_B, texts_B, strict=True)
        ]
        verdicts_PGC = [verdicts_BC[p * G : (p + 1) * G] for p in range(P)]
        roles_PC = [[c.role for c in tasks_B[p * G].constraints] + ["hard"] for p in range(P)]
        checked = reduce_verdicts(verdicts_PGC, roles_PC)

        # 3. Mix: quality ranks, and every violator ends below zero.
        quality_PG = [scores[p * G : (p + 1) * G] for p in range(P)]
        mixed = mix(
            args.rule,
            quality_PG,
            checked.passed_PG,
            unknown=checked.unknown_PG,
            severity=checked.severity_PG,
            state=state,
        )
        state = mixed.state

        # 4. Policy gradient: make texts with a positive advantage likelier, the others less likely.
        prompts_ids = [tokenizer(f"<user>{t.prompt_text}<story>").input_ids for t in tasks_B]
        texts_ids = [tokenizer(c.text + "<end>" * c.finished).input_ids for c in texts_B]
        logp_BT, written_BT = log_probabilities(policy, prompts_ids, texts_ids)
        advantages_B = mixed.advantages.flatten().float()
        loss = -(advantages_B[:, None] * logp_BT * written_BT).sum() / written_BT.sum()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
        optimizer.step()

        rewarded = int((mixed.failed & (mixed.advantages >= 0)).sum())
        print(
            f"step {step}: pass rate {1 - mixed.failed.double().mean():.2f}, "
            f"quality {mixed.groups.quality_PG.mean():.2f}, violators rewarded {rewarded}"
        )


if __name__ == "__main__":
    main()
