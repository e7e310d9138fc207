"""A run with a shadow judge and alarms that is resumed: the record of one that never stopped."""

import pytest
from engine_cases import LengthScorer, make_job, same

from rlmr.alarms import choose_alarms, events_of, to_specs
from rlmr.engines.grade import Shadow
from rlmr.engines.trl import train
from rlmr.rewards.reward_model import Scores
from rlmr.runs import read_run

GRPO = {"max_steps": 5, "save_strategy": "steps", "save_steps": 1, "max_completion_length": 4}
ALARMS = choose_alarms({"entropy": {"floor": 100.0, "window": 3}, "length": {"ratio": 1.0, "sigmas": 0}})


class Brief:
    def score(self, prompts, answers):
        return Scores([-float(len(answer)) for answer in answers], [False] * len(answers))


class Deadly(LengthScorer):
    """Ends the run at its fourth step, as a defect would."""

    left = 4

    def score(self, prompts, answers):
        self.left -= 1
        if self.left == 0:
            raise RuntimeError("killed")
        return super().score(prompts, answers)


@pytest.mark.slow
def test_alarms_and_shadow_go_on_as_if_nothing_had_happened(tiny_policy, tmp_path, capsys):
    options = {"grpo": GRPO, "alarms": ALARMS, "shadow": Shadow(Brief(), every=2)}
    assert train(make_job(tiny_policy, tmp_path / "whole", **options)) == "finished"
    told = capsys.readouterr().err
    with pytest.raises(RuntimeError, match="killed"):
        train(make_job(tiny_policy, tmp_path / "run", scorer=Deadly(), **options))
    assert train(make_job(tiny_policy, tmp_path / "run", resume=True, **options)) == "finished"
    same(tmp_path / "run", tmp_path / "whole")
    run = read_run(tmp_path / "run")
    assert [line.get("alarm/entropy") for line in run.metrics] == [None, None, 1.0, 1.0, 1.0]
    assert ["reward/shadow_mean" in line for line in run.metrics] == [True, False, True, False, True]
    events = events_of(run.metrics, {"alarms": to_specs(ALARMS)})
    assert [event.step for event in events if event.alarm == "entropy"] == [3]
    assert told.count("alarm entropy: ") == 1 == capsys.readouterr().err.count("alarm entropy: ")
