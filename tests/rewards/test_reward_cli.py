"""`rlmr reward`: refusals before any training, and the three commands end to end on tiny models."""

import json

import pytest
from typer.testing import CliRunner

from rlmr.cli import app
from rlmr.commands.reward_run import member_of
from rlmr.recipes import RecipeError
from rlmr.recipes.load import shipped_recipes
from rlmr.recipes.reward import RewardRecipe, load_pairs, read_reward_recipe
from rlmr.rewards.preferences import PreferenceError

WORDS = ("fox", "hen", "owl", "wolf", "river", "lantern")


def rows(split, prompts):
    return [
        {
            "prompt": f"write about the {a} and {b} .",
            "chosen": f"the {a} was kind {b}",
            "rejected": f"the {a} old {b} .",
            "split": split,
        }
        for a in prompts
        for b in ("red", "blue", "brave")
    ]


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in rows("train", WORDS[:4]) + rows("test", WORDS[4:])))
    return path


@pytest.fixture
def recipe(tmp_path, data, tiny_policy):
    path = tmp_path / "mine.yaml"
    path.write_text(
        f"name: mine\nmodel: {tiny_policy}\noutput: {tmp_path / 'rm'}\n"
        f"data: {{train: {data}, train_split: train, test_split: test}}\n"
        "reward: {num_train_epochs: 1, learning_rate: 3.0e-3}\n"
    )
    return path


def run(*words):
    return CliRunner().invoke(app, ["reward", *map(str, words)])


@pytest.mark.parametrize("name", shipped_recipes("reward"))
def test_shipped_reward_recipes_are_valid(name):
    assert read_reward_recipe(name).name == name


def test_a_wrong_key_and_a_missing_file_are_named(recipe):
    with pytest.raises(RecipeError, match=r"unknown key 'lenght'; did you mean 'length'\?"):
        read_reward_recipe(str(recipe), ["lenght.control=term"])
    with pytest.raises(RecipeError, match="did you mean 'hanna'"):
        read_reward_recipe("hana")
    with pytest.raises(RecipeError, match=r"data.train: no file 'no.jsonl'"):
        load_pairs(read_reward_recipe(str(recipe), ["data.train=no.jsonl"]).data)


def test_leakage_between_the_splits_is_an_error(recipe, data):
    leaked = {**rows("train", WORDS[:1])[0], "split": "test", "chosen": "another text"}
    data.write_text(data.read_text() + json.dumps(leaked) + "\n")
    with pytest.raises(
        PreferenceError, match=r"train and test share 2 prompts or texts(.|\n)*pairs.jsonl:19"
    ):
        load_pairs(read_reward_recipe(str(recipe)).data)


def test_rows_that_stand_twice_are_taken_once_and_said(recipe, data):
    data.write_text(data.read_text() + json.dumps(rows("train", WORDS[:1])[0]) + "\n")
    train, held, warnings = load_pairs(read_reward_recipe(str(recipe)).data)
    assert (len(train), len(held)) == (12, 6) and "pairs.jsonl:19 repeats" in warnings[0]


def test_without_a_test_set_whole_prompts_are_held_out(recipe):
    settings = read_reward_recipe(str(recipe), ["data.train_split=null", "data.test_split=null"]).data
    train, held, _ = load_pairs(settings)
    assert (len(train), len(held)) == (14, 4)
    assert not {p.prompt for p in train} & {p.prompt for p in held}
    train, held, _ = load_pairs(settings.model_copy(update={"held_out": 0.0}))
    assert (len(train), len(held)) == (18, 0)


def test_another_model_or_anything_else_in_the_folder_is_left_alone(recipe, tmp_path):
    assert run("train", recipe, "--quiet").exit_code == 0
    other = run("train", recipe, "reward.learning_rate=0.001", "--quiet")
    assert "trained otherwise: reward.learning_rate (0.003, now 0.001)" in str(other.exception)
    all_of_it = run("train", recipe, "data.train_split=null", "data.test_split=null", "--quiet")
    assert "trained otherwise: pairs (" in str(all_of_it.exception)
    assert run("train", recipe, "reward.learning_rate=0.001", "--overwrite", "--quiet").exit_code == 0
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "novel.txt").write_text("all my work")
    wrong = run("train", recipe, f"output={tmp_path / 'mine'}", "--overwrite", "--quiet")
    assert isinstance(wrong.exception, RecipeError) and (tmp_path / "mine" / "novel.txt").exists()


def test_the_folder_that_a_command_runs_in_is_left_alone(recipe, tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path / "mine")
    for there in (".", ".."):
        wrong = run("train", recipe, f"output={there}", "--overwrite", "--quiet")
        assert "output: the command runs in" in str(wrong.exception)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine" / "README.md").write_text("all my work")
    several = run("train", recipe, f"output={tmp_path / 'mine'}", "seeds=[0,1]", "--quiet")
    assert "holds something else" in str(several.exception)
    assert (tmp_path / "mine" / "README.md").read_text() == "all my work"


def test_pairs_that_moved_to_another_file_are_the_same_pairs(recipe, data, tmp_path):
    moved = tmp_path / "moved.jsonl"
    moved.write_text(data.read_text())
    here, there = (read_reward_recipe(str(recipe), [f"data.train={path}"]) for path in (data, moved))
    members = [member_of(one, load_pairs(one.data)[0], 0) for one in (here, there)]
    assert members[0] == members[1]
    assert members[0] != member_of(here, load_pairs(here.data)[0][1:], 0)


def test_a_dry_run_trains_nothing(recipe, tmp_path):
    done = run("train", recipe, "--dry-run")
    assert done.exit_code == 0 and "12 pairs of 12 prompts to train on, 6 held out" in done.output
    assert not (tmp_path / "rm").exists()


def test_train_audit_score(recipe, data, tmp_path):
    trained = run("train", recipe, "seeds=[0,1]", "ensemble.combine=worst", "--quiet")
    assert trained.exit_code == 0, trained.output
    folder = tmp_path / "rm"
    assert {p.name for p in folder.iterdir()} == {
        "seed0", "seed1", "ensemble.json", "audit.json", "audit.html", "README.md", "recipe.json",
    }  # fmt: skip
    assert "safe to optimise against" in (folder / "README.md").read_text()
    assert RewardRecipe(**json.loads((folder / "recipe.json").read_text())).seeds == [0, 1]
    kept = (folder / "seed0" / "model.safetensors").stat().st_mtime_ns
    assert run("train", recipe, "seeds=[0,1]", "--quiet").exit_code == 0
    assert (folder / "seed0" / "model.safetensors").stat().st_mtime_ns == kept

    alone = run("train", recipe, "--quiet")
    assert "holds an ensemble" in str(alone.exception) and (folder / "seed1").is_dir()

    audited = run("audit", folder, data, "--split", "test", "--output", tmp_path / "out", "--quiet")
    assert audited.exit_code in (0, 1) and "Spearman(score, words)" in audited.output
    assert (audited.exit_code == 1) == ("against: no" in audited.output)
    assert json.loads((tmp_path / "out" / "audit.json").read_text())["pairs"] == 6

    texts = tmp_path / "texts.jsonl"
    texts.write_text(
        '{"prompt": "write .", "completion": "the fox", "id": 7}\n{"prompt": "", "response": "the hen"}\n'
    )
    scored = run("score", folder, texts, "--output", tmp_path / "scores.jsonl", "--quiet")
    assert scored.exit_code == 0 and "2 texts, 0 without a score, 0 truncated" in scored.output
    lines = [json.loads(line) for line in (tmp_path / "scores.jsonl").read_text().splitlines()]
    assert lines[0]["id"] == 7 and isinstance(lines[1]["score"], float)
