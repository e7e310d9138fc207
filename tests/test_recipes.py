"""Recipes: found, read, overridden, and refused with the nearest valid name."""

import json
from pathlib import Path

import pytest
import yaml

from rlmr.recipes import RecipeError, check_recipe, find_recipe, plan, read_recipe, shipped_recipes
from rlmr.recipes.run import load_eval_tasks, load_tasks, standard_of
from rlmr.recipes.schema import Data, Recipe, Reward, Standard

TASKS = "(the file of tasks)"
MINIMAL = {"name": "x", "policy": "p", "data": {"train": "t.jsonl"}, "reward": {"model": "r"}}


@pytest.fixture
def recipe_file(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        yaml.safe_dump({**MINIMAL, "mixing": {"rule": "rlmr", "gamma": 0.25}, "grpo": {"beta": 0.1}})
    )
    return str(path)


@pytest.mark.parametrize("name", shipped_recipes())
def test_shipped_recipes_are_valid(name):
    recipe = read_recipe(name)
    assert recipe.name == name and recipe.output == f"runs/{name}"


def test_the_shipped_ones_are_these():
    assert {"sandbox", "longbench_write"} <= set(shipped_recipes())


def test_little_has_to_be_said():
    recipe = check_recipe(MINIMAL)
    assert (recipe.seed, recipe.output, recipe.mixing.rule, recipe.grpo) == (0, "runs/x", "rlmr", {})


def test_overrides_are_dotted_and_typed(recipe_file):
    recipe = read_recipe(
        recipe_file, ["grpo.learning_rate=1e-4", "seed=3", "data.limit=5", "reward.max_length=null"]
    )
    assert recipe.grpo == {"beta": 0.1, "learning_rate": 1e-4} and isinstance(
        recipe.grpo["learning_rate"], float
    )
    assert recipe.seed == 3 and recipe.data.limit == 5
    nested = read_recipe(recipe_file, ["reward.standardize.mean=1", "reward.standardize.std=2.5"])
    assert nested.reward.standardize == Standard(mean=1.0, std=2.5)
    assert read_recipe(recipe_file, ["name=a=b"]).name == "a=b"


def test_another_rule_leaves_the_former_ones_parameters_behind(recipe_file):
    assert read_recipe(recipe_file).mixing.parameters == {"gamma": 0.25}
    assert read_recipe(recipe_file, ["mixing.rule=rlmr"]).mixing.parameters == {"gamma": 0.25}
    assert read_recipe(recipe_file, ["mixing.gamma=0.75"]).mixing.parameters == {"gamma": 0.75}
    changed = read_recipe(recipe_file, ["mixing.weight=0.3", "mixing.rule=weighted_sum"]).mixing
    assert (changed.rule, changed.parameters) == ("weighted_sum", {"weight": 0.3})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"polcy": "x"}, "unknown key 'polcy'; did you mean 'policy'"),
        ({"data": {"train": "t", "limt": 3}}, r"unknown key 'data\.limt'; did you mean 'limit'"),
        ({"reward": {"model": "r", "standardize": {"mena": 1, "mean": 0, "std": 1}}}, "did you mean 'mean'"),
        ({"zzz": 1}, "allowed: alarms, data, gates, grpo"),
        ({"seed": "zero"}, "seed: input should be a valid integer; got 'zero'"),
        ({"seed": -1}, "seed"),
        ({"data": {}}, r"data\.train is missing"),
        ({"data": {"train": "t", "limit": 0}}, r"data\.limit"),
        ({"data": {"train": "t", "format": "csv"}}, r"data\.format.*'tasks' or 'longbench_write'"),
        ({"reward": {"model": "r", "standardize": {"mean": 0.0, "std": 0.0}}}, "std"),
        ({"policy": "sandbox:polcy"}, "no 'sandbox:polcy' in the sandbox; it has sandbox:policy"),
        ({"gates": "on"}, "gates: 'on' is not allowed; give true, false or a list"),
        ({"gates": ["eco"]}, r"gates\[0\]\.type: 'eco' is not allowed; did you mean 'echo'"),
        ({"gates": ["echo", "title"]}, r"gates\[1\]\.type: 'title' is not allowed; allowed: substance, echo"),
        ({"gates": ["echo", "echo"]}, r"gates\[1\]: 'echo' stands twice"),
        ({"gates": [{"type": "substance", "at_leest": 3}]}, r"gates\[0\]\.at_leest.*did you mean 'at_least'"),
        ({"gates": [3]}, r"gates\[0\]\.type: 3 is not allowed"),
    ],
)
def test_a_wrong_recipe_is_refused_by_name(change, message):
    with pytest.raises(RecipeError, match=message):
        check_recipe({**MINIMAL, **change})


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("gamma", "is not key=value"),
        ("=3", "is not key=value"),
        ("name.x=3", "name is a value, not a block"),
        ("mixing.rule=[", "not YAML"),
        ("sede=3", "did you mean 'seed'"),
    ],
)
def test_a_wrong_override_is_refused(recipe_file, override, message):
    with pytest.raises(RecipeError, match=message):
        read_recipe(recipe_file, [override])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n- b\n", "found list"),
        ("name: [", "not YAML"),
        ("seed: 1\nseed: 2\n", "'seed' stands twice"),
        ("", "found nothing"),
    ],
)
def test_a_file_that_is_no_recipe_is_said(tmp_path, text, message):
    path = tmp_path / "broken.yaml"
    path.write_text(text)
    with pytest.raises(RecipeError, match=message):
        read_recipe(str(path))


def test_a_recipe_that_is_nowhere_is_said():
    with pytest.raises(RecipeError, match="did you mean 'sandbox'"):
        find_recipe("sandbx")
    with pytest.raises(RecipeError, match=r"shipped recipes: .*sandbox"):
        find_recipe("nowhere/at/all.yaml")


def test_the_documented_recipe_is_one():
    page = (Path(__file__).parents[1] / "docs" / "training.md").read_text(encoding="utf-8")
    recipe = check_recipe(yaml.safe_load(page.split("```yaml")[1].split("```")[0]))
    assert recipe.reward.standardize == Standard(mean=1.3, std=2.1)
    for key in ("`data.eval`", "`data.format`", "`data.prompt_column`", "`mixing.soft_weight`"):
        assert key in page


def test_every_setting_is_documented():
    for model in (Recipe, Data, Reward, Standard):
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"


def test_the_standardisation_is_numbers_when_it_runs():
    assert standard_of(Reward(model="r")) is None
    given = Standard(mean=1.0, std=2.0)
    assert standard_of(Reward(model="r", standardize=given)) == given


def test_tasks_come_from_a_file_up_to_the_limit(tmp_path):
    path = tmp_path / "tasks.jsonl"
    rows = [{"question": f"write {i}", "rules": [{"type": "word_count", "at_most": 5}]} for i in range(3)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    data = Data(train=str(path), limit=2, prompt_column="question", constraints_column="rules")
    tasks = load_tasks(data, 0)
    assert [task.prompt for task in tasks] == ["write 0", "write 1"] and len(tasks[0].constraints) == 1
    with pytest.raises(RecipeError, match=r"no file 'absent\.jsonl'"):
        load_tasks(Data(train="absent.jsonl"), 0)
    both = data.model_copy(update={"eval": str(path)})
    assert len(load_eval_tasks(both, 0)) == 3 and len(load_tasks(both, 0)) == 2  # the limit is training's


def test_the_sandbox_evaluates_on_tasks_that_it_never_trains_on():
    data = Data(train="sandbox:train", eval="sandbox:heldout", limit=2000)
    pairs, held_out = (
        {(task.meta["hero"], task.meta["object"]) for task in load(data, 3)}
        for load in (load_tasks, load_eval_tasks)
    )
    assert len(load_eval_tasks(data, 3)) == 200 and held_out and not pairs & held_out
    with pytest.raises(RecipeError, match=r"data\.eval: no 'sandbox:train'.*sandbox:heldout"):
        check_recipe({**MINIMAL, "data": {"train": "sandbox:train", "eval": "sandbox:train"}})


@pytest.fixture
def values(tiny_policy, tiny_reward_model, tmp_path):
    path = tmp_path / "tasks.jsonl"
    path.write_text('{"prompt": "write .", "constraints": [{"type": "word_count", "at_most": 5}]}\n' * 8)
    return {
        **MINIMAL,
        "policy": str(tiny_policy),
        "data": {"train": str(path)},
        "reward": {"model": str(tiny_reward_model)},
        "output": str(tmp_path / "run"),
        "grpo": {"max_steps": 3},
    }


def test_a_plan_says_what_would_happen_and_writes_nothing(values, tmp_path):
    planned = plan(check_recipe(values))
    assert (planned.steps, planned.group, planned.texts, len(planned.tasks)) == (3, 8, 8, 8)
    assert "report_to" not in planned.recipe.grpo and planned.recipe.grpo["max_steps"] == 3
    assert not (tmp_path / "run").exists()


def test_a_plan_holds_the_tasks_for_evaluation(values):
    data = {**values["data"], "eval": values["data"]["train"], "limit": 2, "prompt_column": "prompt"}
    grpo = {"eval_strategy": "steps", "eval_steps": 1, "per_device_train_batch_size": 8}
    planned = plan(check_recipe({**values, "data": data, "grpo": grpo}))
    assert len(planned.eval_tasks) == 8 and len(planned.tasks) == 2
    assert plan(check_recipe(values)).eval_tasks == []


GATES = ["substance", "echo", "repetition", "refusal", "meta_commentary"]


@pytest.mark.parametrize(
    ("gates", "added", "recorded"),
    [
        (None, GATES, [{"type": name} for name in GATES]),
        (True, GATES, [{"type": name} for name in GATES]),
        (False, [], []),
        (
            ["echo", {"type": "substance", "at_least": 9}],
            ["echo", "substance"],
            [{"type": "echo"}, {"type": "substance", "at_least": 9}],
        ),
    ],
)
def test_gates_stand_beside_every_tasks_own_constraints(values, gates, added, recorded):
    data = {**values["data"], "eval": values["data"]["train"]}
    changed = {**values, "data": data, **({} if gates is None else {"gates": gates})}
    planned = plan(check_recipe(changed))
    assert planned.recipe.gates == recorded  # as the run's record keeps them
    for task in (*planned.tasks, *planned.eval_tasks):
        assert [constraint.type for constraint in task.constraints] == ["word_count", *added]
    assert planned.gates_and_asked == (8 * len(added), 8)
    assert check_recipe(planned.recipe.model_dump(mode="json")).gates == recorded


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mixing": {"rule": "rlrm"}}, "mixing: no mixing rule 'rlrm'; did you mean 'rlmr'"),
        (
            {"mixing": {"rule": "rlmr", "gama": 1}},
            "mixing: rlmr has no parameter 'gama'; did you mean 'gamma'",
        ),
        ({"mixing": {"rule": "rlmr", "gamma": -1}}, "mixing: gamma"),
        ({"grpo": {"lerning_rate": 1}}, "did you mean 'learning_rate'"),
        ({"policy": "no/where"}, "policy: no/where is no model"),
        ({"reward": {"model": "no/where"}}, "reward.model: no/where is no model"),
        ({"data": {"train": "absent.jsonl"}}, "data.train: no file"),
        ({"data": {"train": TASKS, "eval": "absent.jsonl"}}, "data.eval: no file"),
        ({"grpo": {"eval_strategy": "steps", "eval_steps": 1}}, "set data.eval"),
        ({"grpo": {"eval_on_start": True}}, "set data.eval"),
        ({"reward": {"model": "no_such_module:score"}}, "reward.model: 'no_such_module:score'"),
    ],
)
def test_what_cannot_run_is_refused_before_anything_is_written(values, tmp_path, change, message):
    file = values["data"]["train"]
    if "data" in change:
        change = {"data": {key: file if value == TASKS else value for key, value in change["data"].items()}}
    with pytest.raises(ValueError, match=message) as caught:
        plan(check_recipe({**values, **change}))
    assert type(caught.value).__module__.startswith("rlmr")
    assert not (tmp_path / "run").exists()
