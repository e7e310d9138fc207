"""A shadow judge: recorded beside the reward, and nothing is learned from it; alarms in a real run."""

import json

import pytest
from engine_cases import make_job
from trl import GRPOConfig

from rlmr.alarms import choose_alarms, events_of, to_specs
from rlmr.constraints import parse
from rlmr.data import Task, write_tasks
from rlmr.endpoint.fake import FakeServer
from rlmr.engines.grade import Shadow
from rlmr.engines.trl import train
from rlmr.recipes import RecipeError, read_recipe
from rlmr.recipes.run import plan
from rlmr.recipes.scorers import check_groups_whole, load_scorer, load_shadow
from rlmr.rewards.reward_model import Scores
from rlmr.runs import read_run, recompute
from rlmr.tracking import TrackerError

SERVER = "endpoint: {base_url: 'http://127.0.0.1:1/v1', model: m}"


class Brevity:
    """Loves what the reward dislikes; every third text it cannot read."""

    def __init__(self):
        self.seen = []

    def score(self, prompts, answers):
        self.seen += answers
        values = [None if i % 3 == 2 else -float(len(answer)) for i, answer in enumerate(answers)]
        return Scores(values, [False] * len(values))


def rows_of(run, step):
    return [row for group in run.groups(step) for row in group]


@pytest.mark.slow
def test_its_scores_are_recorded_and_nothing_is_learned_from_them(tiny_policy, tmp_path):
    judge = Brevity()
    grpo = {"max_steps": 4}
    alarms = choose_alarms({"length": {"ratio": 1.0, "sigmas": 0, "reference": 1, "window": 2}})
    shadow = Shadow(judge, every=2, texts=2)
    with_it = make_job(tiny_policy, tmp_path / "with", grpo=grpo, shadow=shadow, alarms=alarms)
    without = make_job(tiny_policy, tmp_path / "without", grpo=grpo, alarms=())
    assert train(with_it) == train(without) == "finished"
    weights = [(tmp_path / name / "model/model.safetensors").read_bytes() for name in ("with", "without")]
    assert weights[0] == weights[1]
    run, other = read_run(tmp_path / "with"), read_run(tmp_path / "without")
    for step in (1, 2, 3, 4):
        rows = rows_of(run, step)
        assert [row.derived for row in rows] == [row.derived for row in rows_of(other, step)]
        asked = [row for row in rows if "shadow" in row.scores]
        assert len(asked) == (4 if step % 2 else 0)  # every second step, every second of 8 texts
        line = run.metrics[step - 1]
        assert ("reward/shadow_mean" in line) == bool(asked)
        if asked:
            known = [row.scores["shadow"] for row in asked if row.scores["shadow"] is not None]
            assert len(known) == 3 and line["reward/shadow_mean"] == pytest.approx(sum(known) / 3)
            assert line["unknown/score_shadow"] == 1 / 8 and line["unknown_share"] == 0.0
        again = [row.derived for group in recompute(run, step).groups for row in group]
        assert again == [row.derived for row in rows]
    assert len(judge.seen) == 8
    flags = [{k for k in line if k.startswith("alarm/")} for line in run.metrics]
    events = events_of(run.metrics, {"alarms": to_specs(alarms)})
    assert [event.step for event in events if event.on] == [
        i + 1 for i, names in enumerate(flags) if names and not (i and flags[i - 1])
    ]
    assert run.status["reason"] == ""  # a finished run has no more to say


@pytest.fixture
def models(tiny_policy, tiny_reward_model):
    return tiny_policy, tiny_reward_model


def recipe(tmp_path, models, *overrides):
    write_tasks(
        tmp_path / "tasks.jsonl", [Task("a", "write .", parse([{"type": "word_count", "at_least": 1}]))]
    )
    (tmp_path / "recipe.yaml").write_text(
        f"name: t\npolicy: {models[0]}\ndata: {{train: {tmp_path}/tasks.jsonl}}\n"
        f"reward: {{model: {models[1]}}}\noutput: {tmp_path}/run\n"
        "grpo: {max_steps: 1, per_device_train_batch_size: 2, num_generations: 2}\n"
    )
    return read_recipe(str(tmp_path / "recipe.yaml"), list(overrides))


def test_a_recipe_names_a_model_or_a_server(tmp_path, models):
    made = recipe(tmp_path, models, f"shadow.model={models[1]}", "shadow.every=5")
    shadow = load_shadow(plan(made).recipe.shadow)
    assert (shadow.every, shadow.texts) == (5, 1) and shadow.score(["Write."], ["the fox"], 1)[0]["shadow"]
    points = json.dumps({"expression": 6, "emotion": 8, "originality": 6, "coherence": 8})
    with FakeServer(lambda request: points) as server:
        named = f"shadow.endpoint={{base_url: {server.base_url!r}, model: m}}"
        judge = load_shadow(recipe(tmp_path, models, named).shadow)
        assert judge.score(["Write."], ["the fox"], 1) == [{"shadow": 7.0}]


def test_the_reward_can_come_from_a_server(tmp_path, models):
    def answer(request):
        if request.path == "/classify":
            return {"data": [{"index": 0, "label": "L", "probs": [2.5], "num_classes": 1}]}
        given = json.loads(request.text) if request.text.startswith("{") else {}
        if "second" not in given:
            return json.dumps(dict.fromkeys(("expression", "emotion", "originality", "coherence"), 6))
        return json.dumps({"better": "first" if "fox" in given["first"] else "second"})

    with FakeServer(answer) as server:
        scores = {}
        for by in ("classifier", "rubric", "pairwise"):
            named = f"reward={{endpoint: {{base_url: {server.base_url!r}, model: m}}, by: {by}}}"
            planned = plan(recipe(tmp_path, models, named))
            scores[by] = (
                load_scorer(planned.recipe.reward).score(["Write."] * 2, ["the hen", "the fox"]).values
            )
    assert scores == {"classifier": [2.5, 2.5], "rubric": [6.0, 6.0], "pairwise": [0.0, 1.0]}


def test_pairs_are_compared_only_where_a_rank_has_whole_groups(tmp_path, models, monkeypatch):
    pairs = f"reward={{{SERVER}, by: pairwise}}"
    made = recipe(tmp_path, models, pairs)
    texts = {"per_device_train_batch_size": 6, "generation_batch_size": 6, "num_generations": 2}
    config = GRPOConfig(str(tmp_path), use_cpu=True, bf16=False, **texts)
    check_groups_whole(made, config)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(RecipeError, match=r"reward.by: pairwise .* a rank has 3 texts .* groups of 2"):
        check_groups_whole(made, config)
    with pytest.raises(RecipeError, match=r"shadow.by: pairwise .* a rank has 3 texts .* groups of 2"):
        check_groups_whole(recipe(tmp_path, models, pairs.replace("reward", "shadow")), config)
    monkeypatch.delenv("WORLD_SIZE")
    with pytest.raises(RecipeError, match=r"validation: a score of reward.by: pairwise"):
        check_groups_whole(recipe(tmp_path, models, pairs, "validation.split=0.5"), config)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("reward={by: rubric}", "reward: give `model` or `endpoint`"),
        ("reward.endpoint={base_url: 'http://x/v1', model: m}", "one of them"),
        ("reward={endpoint: {model: m}}", r"reward\.endpoint\.base_url: missing"),
        ("reward={model: m, tokenizer: m}", r"reward\.tokenizer: only with `endpoint` and `by: classifier`"),
        (f"reward={{{SERVER}, tokenizer: m}}", r"reward\.tokenizer: only with"),
        (f"reward={{{SERVER}, max_length: 9}}", r"reward\.max_length: only with `model` or `tokenizer`"),
        (f"shadow={{{SERVER}, by: pairwise, texts: 2}}", r"shadow\.texts: 2 is not allowed"),
        ("shadow.every=3", "give `model` or `endpoint`"),
        ("shadow={model: m, endpoint: {base_url: 'http://x/v1', model: m}}", "one of them"),
        ("shadow.endpoint={model: m}", r"shadow\.endpoint\.base_url: missing"),
        ("shadow.modle=m", "did you mean 'model'"),
        ("shadow.model=sandbox:policy", r"shadow\.model: no 'sandbox:policy'"),
        ("alarms.lenght=false", "did you mean 'length'"),
        ("alarms.length.ratio=0", r"alarms\.length\.ratio"),
        ("report_to=[wanb]", "did you mean 'wandb'"),
    ],
)
def test_wrong_blocks_are_refused(tmp_path, models, override, message):
    with pytest.raises((RecipeError, TrackerError), match=message):
        recipe(tmp_path, models, override)


def test_the_recorded_recipe_says_every_threshold(tmp_path, models):
    made = recipe(tmp_path, models, "mixing.rule=writing_only", "alarms.entropy=false")
    assert made.alarms["variance"] is False and made.alarms["entropy"] is False
    assert made.alarms["length"]["ratio"] == 1.25
    assert plan(recipe(tmp_path, models, "report_to=none")).recipe.report_to == []


def test_grpo_may_not_choose_trackers(tmp_path, models):
    with pytest.raises(ValueError, match=r"grpo\.report_to cannot be set: the recipe's own `report_to`"):
        plan(recipe(tmp_path, models, "grpo.report_to=wandb"))


def test_a_missing_tracker_is_said_before_anything_is_written(tmp_path, models, monkeypatch):
    monkeypatch.setattr("rlmr.tracking.find_spec", lambda name: None)
    with pytest.raises(TrackerError, match="pip install"):
        plan(recipe(tmp_path, models, "report_to=[mlflow]"))
    assert not (tmp_path / "run").exists()
