"""Wrong arguments as a user types them: one message, which says what is allowed, and exit code 2."""

import json

import pytest

ROW = {"prompt": "p", "completion": "A fox.", "constraints": [{"type": "word_count", "at_least": 1}]}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with what may stand in the wrong place."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.jsonl").write_text(json.dumps(ROW) + "\n")
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "recipe.yaml").write_text("")
    for name, config, status in (
        ("damaged", "name: x\n", "{"),
        ("garbled", "name: [\n", '{"state": "finished", "step": 1}'),
        ("stateless", "name: x\n", "{}"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.yaml").write_text(config)
        (tmp_path / name / "status.json").write_text(status)
    return tmp_path


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("train recipe.yaml", "recipe.yaml: a recipe is a mapping of settings; found nothing"),
        ("train sandbox output=bytes/run --dry-run", "bytes is a file; a run needs a folder"),
        ("train sandbox gates=[nope]", "gates[0].type: 'nope' is not allowed; allowed: substance, echo, rep"),
        ("train sandbox gates=[word_count]", "'word_count' is not allowed; allowed: substance, echo, rep"),
        ("train sandbox gates=[3]", "gates[0].type: 3 is not allowed; allowed: substance, echo, repetition"),
        ("sample sandbox:nope hello", "no sandbox checkpoint 'nope'; there are policy, reward_model"),
        ("sample folder hello", "MODEL: folder is no model"),
        ("sample sandbox:policy hello --constraints @bytes", "--constraints: not JSON ('utf-8' codec"),
        ("sample sandbox:policy hello --endpoint u --checkpoint 2", "--checkpoint 2: only a run folder has"),
        ("evaluate rows.jsonl -s rows.jsonl --score a=folder", "--score a: folder is no model"),
        ("evaluate rows.jsonl -s rows.jsonl --score a=sandbox:nope", "no sandbox checkpoint 'nope'"),
        ("verify empty.jsonl", "empty.jsonl: the file holds no rows"),
        ("constraints lint rows.jsonl --column nope", "none of its 1 rows has the column 'nope'"),
        ("reward score folder rows.jsonl", "MODEL: folder is no model"),
        ("verifier train learning_rate=1 --model m --output v", "DATA: give at least one file of labelled"),
    ],
)
def test_one_message_says_what_is_wrong(folder, rlmr, line, said):
    before = sorted(folder.rglob("*"))
    code, out, err = rlmr(*line.split())
    assert code == 2 and said in err and err.count("\n") == 1 and not out
    assert [path for path in sorted(folder.rglob("*")) if path not in before and path.is_file()] == []


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("num_generations=0", "greater than or equal to 2; got 0"),
        ("per_device_train_batch_size=-8", "greater than or equal to 1; got -8"),
        ("gradient_accumulation_steps=0", "greater than or equal to 1; got 0"),
        ("max_completion_length=0", "greater than or equal to 1; got 0"),
        ("learning_rate=-1", "greater than or equal to 0; got -1"),
        ("temperature=0", "greater than 0; got 0"),
        ("top_p=2", "less than or equal to 1; got 2"),
        ("loss_type=dpo", "'^(grpo|bnpo|dr_grpo|dapo|cispo|sapo|luspo|vespo)$'; got 'dpo'"),
        ("importance_sampling_level=text", "'^(token|sequence)$'; got 'text'"),
    ],
)
def test_a_number_that_cannot_be_is_named_before_anything_starts(folder, rlmr, setting, said):
    code, _, err = rlmr("train", "sandbox", f"grpo.{setting}", "data.limit=8", "--dry-run")
    assert code == 2 and err.startswith(f"rlmr: grpo.{setting.partition('=')[0]}: ") and said in err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("damaged", "damaged/status.json:1: not JSON: "),
        ("garbled", "garbled/config.yaml: not YAML: "),
        ("stateless", "stateless is no run folder: "),
    ],
)
@pytest.mark.parametrize(
    "line", ["train --resume RUN", "alarms RUN", "export RUN", "sample RUN p", "evaluate RUN -s rows.jsonl"]
)
def test_a_damaged_run_is_named(folder, rlmr, line, name, said):
    code, _, err = rlmr(*line.replace("RUN", name).split())
    assert code == 2 and err.startswith(f"rlmr: {said}") and err.count("\n") == 1


def test_a_damaged_evaluation_is_named(folder, rlmr):
    (folder / "eval" / "suite").mkdir(parents=True)
    (folder / "eval" / "suite" / "settings.json").write_text("{")
    code, _, err = rlmr("evaluate", "rows.jsonl", "-s", "rows.jsonl", "-o", "eval")
    assert code == 2 and err.startswith("rlmr: eval/suite/settings.json:1: not JSON: ")


@pytest.mark.parametrize(
    "line",
    [
        "evaluate rows.jsonl -s rows.jsonl -o bytes",
        "compare folder folder -o bytes",
        "export stateless -o bytes",
        "reward audit m rows.jsonl -o bytes",
        "verifier train rows.jsonl --model m -o bytes",
        "verify rows.jsonl -o folder",
        "verify rows.jsonl --judge-cache folder",
        "constraints extract rows.jsonl -o folder",
        "decontaminate rows.jsonl -s write-eval -o folder",
        "reward score m rows.jsonl -o folder",
        "judge audit rows.jsonl --judge u --judge-model m -o folder",
        "verifier eval folder rows.jsonl --json folder",
    ],
)
def test_a_file_for_a_folder_and_a_folder_for_a_file_are_refused_before_the_work(folder, rlmr, line):
    code, out, err = rlmr(*line.split())
    said = "'bytes' is a file" if line.endswith("bytes") else "'folder' is a directory"
    assert code == 2 and said in " ".join(err.split()) and "Traceback" not in err and not out


def test_scores_that_no_evaluation_has_are_said_so(folder, rlmr):
    for name in ("a", "b"):
        assert rlmr("evaluate", "rows.jsonl", "-s", "rows.jsonl", "-o", name, "-q")[0] == 0
    code, _, err = rlmr("compare", "a", "b", "--score", "gold")
    assert code == 2 and "they share none (rlmr evaluate --score NAME=MODEL)" in err


def test_the_sandboxs_reward_model_scores_a_file(folder, rlmr):
    code, out, _ = rlmr("reward", "score", "sandbox:reward_model", "rows.jsonl", "-q")
    assert code == 0 and "1 texts, 0 without a score" in out
