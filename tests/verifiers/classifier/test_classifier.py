"""The trained verifier: verdicts, training and its commands."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace

import pytest
from classifier_cases import FAIL, HAS, PASS, UNKNOWN, example, stories, write
from typer.testing import CliRunner

from rlmr.constraints import Tone, WordCount
from rlmr.data import Task
from rlmr.models import ModelError
from rlmr.recipes import read_recipe
from rlmr.recipes.schema import RecipeError
from rlmr.recipes.verifying import check_decidable, check_verifier, load_verify
from rlmr.verifiers.classifier.classifier import CARD, SEEN, Card, Classifier, layout, read_card
from rlmr.verifiers.classifier.data import VerifierError
from rlmr.verifiers.classifier.train import train
from rlmr.verifiers.classifier.trainer import Settings, weights
from rlmr.verifiers.combine import verify_all

# verdicts


class Fixed(Classifier):
    """A classifier whose probabilities are the texts themselves."""

    def probabilities(self, items, show=None):
        return [None if text == "none" else float(text) for _, _, text in items]


def fixed(**card):
    return Fixed(None, None, Card(types=("requirement",), **card), "classifier:here")


def decide(text, constraint=HAS, **card):
    return fixed(**card).verify_many([("p", constraint, text)])[0]


@pytest.mark.parametrize(
    ("p", "card", "status"),
    [
        ("0.9", {}, PASS),
        ("0.61", {}, PASS),
        ("0.52", {}, UNKNOWN),
        ("0.41", {}, UNKNOWN),
        ("0.39", {}, FAIL),
        ("0.52", {"band": 0.0}, PASS),
        ("0.48", {"band": 0.0}, FAIL),
        ("0.5", {"band": 0.0}, UNKNOWN),
        ("0.7", {"threshold": 0.9, "band": 0.05}, FAIL),
        ("none", {}, UNKNOWN),
    ],
)
def test_probabilities_become_verdicts(p, card, status):
    verdict = decide(p, **card)
    assert verdict.status is status
    assert verdict.source == "classifier:here"
    assert verdict.reason or status is PASS


def test_reasons_say_why():
    assert decide("0.52").reason == "undecided: p = 0.52"
    assert decide("0.12").reason == "the classifier finds it not kept (p = 0.12)"
    assert decide("0.9", Tone("sad")).reason == "unseen type: tone"
    assert "longer than" in decide("none").reason


def test_unseen_types_can_be_allowed_and_empty_texts_fail():
    verdict = replace(fixed(), any_type=True).verify_many(
        [("p", Tone("sad", role="soft", weight=2.0), "0.9")]
    )[0]
    assert (verdict.status, verdict.role, verdict.weight) == (PASS, "soft", 2.0)
    assert decide(" ... ").status is FAIL


@pytest.mark.parametrize("bad", [{"threshold": 1.0}, {"band": -0.1}, {"temperature": 0.0}])
def test_a_card_is_complete_at_birth(bad):
    with pytest.raises(VerifierError, match=next(iter(bad))):
        Card(**bad)


def test_combined_the_classifier_sees_only_what_programs_leave_open():
    task = Task("1", "Write.", (WordCount(at_most=1), HAS, Tone("sad")))
    row = verify_all([task], ["0.9"], classifier=fixed())[0]
    assert [(v.status, v.source) for v in row] == [
        (PASS, "program"),
        (PASS, "classifier:here"),
        (UNKNOWN, "classifier:here"),
    ]


def test_balanced_weights_keep_a_types_share():
    rows = [example(passed=True)] * 3 + [example(passed=False)] + [example(constraint=Tone("sad"))] * 2
    found = weights(rows, balance=True)
    assert sum(found[:3]) == pytest.approx(found[3])
    assert sum(found[:4]) == pytest.approx(4)
    assert weights(rows, balance=False) == [1.0] * 6


# training and the commands


CONFIG = {"learning_rate": 3e-3, "num_train_epochs": 4, "logging_steps": 5}


@pytest.fixture(scope="module")
def trained(tiny_policy, tmp_path_factory):
    """A verifier of whether a text has a fox, from a language model of two layers, and what it reached."""
    folder = tmp_path_factory.mktemp("verifiers") / "fox"
    seen = []
    found = train(
        stories(600),
        Settings(str(tiny_policy), config=CONFIG),
        folder,
        show=lambda i, n, _: seen.append((i, n)),
    )
    assert seen and seen[-1][0] == seen[-1][1]
    return folder, found


def test_it_learns_and_is_read_back(trained):
    folder, found = trained
    everything = found.kinds["all"]
    assert everything.caught > 0.8 * everything.false > 10
    assert everything.let_through < 0.1 * everything.false
    assert read_card(folder).types == ("requirement",)
    classifier = Classifier.load(folder, device="cpu")
    items = [e.item for e in stories(40, seed=5)]
    together = classifier.probabilities(items)
    alone = [classifier.probabilities([item])[0] for item in items]
    assert together == pytest.approx(alone, abs=1e-4)
    assert classifier.verify_many(items)[0].source == f"classifier:{folder}"


def test_the_folder_is_whole_and_safe(trained):
    folder, _ = trained
    names = {path.name for path in folder.iterdir()}
    assert {CARD, SEEN, "config.json", "model.safetensors", "tokenizer.json"} <= names
    assert not [name for name in names if name.endswith((".bin", ".pt", ".pkl"))]
    card = json.loads((folder / CARD).read_text())
    assert card["schema"] == 1 and card["metrics"]["labels"] == 60
    assert card["training"]["labels"]["requirement"]["pass"] > 100
    assert [path.name for path in folder.parent.iterdir()] == ["fox"]


def test_a_folder_in_use_and_leakage_are_refused_before_training(trained, tiny_policy, tmp_path):
    settings = Settings(str(tiny_policy))
    with pytest.raises(VerifierError, match="not an empty folder"):
        train(stories(9), settings, trained[0])
    with pytest.raises(VerifierError, match="held-out rows share"):
        train(stories(9), settings, tmp_path / "new", held_out=stories(9)[:1])
    with pytest.raises(VerifierError, match="all of them alike"):
        train([replace(e, passed=True) for e in stories(50)], settings, tmp_path / "new")
    with pytest.raises(VerifierError, match="did you mean 'learning_rate'"):
        train(stories(50), replace(settings, config={"learning_rte": 1e-3}), tmp_path / "new")
    assert not list(tmp_path.iterdir())


def test_ctrl_c_leaves_nothing(tiny_policy, tmp_path):
    def stop(step, steps, _):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(stories(100), Settings(str(tiny_policy), config=CONFIG), tmp_path / "new", show=stop)
    assert not list(tmp_path.iterdir())


def test_two_logits_are_read_as_one(trained, tmp_path):
    """A head of two logits (broken, kept) whose difference is the one logit gives the same probabilities."""
    import torch
    from transformers import AutoModelForSequenceClassification

    folder, _ = trained
    one = Classifier.load(folder, device="cpu")
    two = AutoModelForSequenceClassification.from_pretrained(
        folder, num_labels=2, ignore_mismatched_sizes=True
    )
    weight = one.model.score.weight
    two.score.weight.data = torch.cat([-0.25 * weight, 0.75 * weight])
    two.save_pretrained(tmp_path)
    one.tokenizer.save_pretrained(tmp_path)
    (tmp_path / CARD).write_text((folder / CARD).read_text())
    items = [e.item for e in stories(5, seed=6)]
    assert Classifier.load(tmp_path, device="cpu").probabilities(items) == pytest.approx(
        one.probabilities(items), abs=1e-5
    )


def test_a_text_longer_than_it_reads_is_unknown(trained):
    verdict = Classifier.load(trained[0], device="cpu").verify_many([("p", HAS, "fox " * 600)])[0]
    assert verdict.status is UNKNOWN and verdict.reason.startswith("unread: longer")


def test_what_is_no_verifier_is_refused(tiny_policy, tiny_reward_model, tmp_path):
    with pytest.raises(ModelError, match="one or two labels"):
        Classifier.load(tiny_policy)
    with pytest.raises(VerifierError, match=r"no verifier\.json"):
        Classifier.load(tiny_reward_model)
    for content, said in [
        ("{", "not JSON"),
        ('{"bad": 1}', "allowed are the keys"),
        ('{"schema": 2}', "newer"),
    ]:
        (tmp_path / CARD).write_text(content)
        with pytest.raises(VerifierError, match=said):
            read_card(tmp_path)


def test_a_recipe_names_it(trained):
    task = Task("1", "Write.", (HAS,))
    bare = read_recipe("sandbox")
    with pytest.raises(RecipeError, match=r"verifier\.classifier"):
        check_decidable(bare, [task])
    recipe = read_recipe("sandbox", [f"verifier.classifier={trained[0]}", "verifier.band=0"])
    check_decidable(recipe, [task])
    check_verifier(recipe, [task])
    with pytest.raises(RecipeError, match=r"trained on requirement, but task 2 asks for tone"):
        check_verifier(recipe, [task, Task("2", "Write.", (Tone("sad"),))])
    check_verifier(recipe, [Task("2", "Write.", (Tone("sad", role="probe"),))])
    has, none = (load_verify(recipe)([task], [text])[0][0] for text in ("once a fox", "once a hen"))
    assert (has.source, none.status) == (f"classifier:{trained[0]}", FAIL)
    with pytest.raises(ModelError, match="no folder"):
        check_verifier(read_recipe("sandbox", ["verifier.classifier=./nowhere"]), [])


def test_the_commands(tiny_policy, tmp_path):
    from rlmr.cli import app

    rows = [
        {"prompt": p, "completion": text, "constraint": c.text, "label": e.passed}
        for e in stories(150)
        for p, c, text in [e.item]
    ]
    with gzip.open(tmp_path / "rows.jsonl.gz", "wt") as file:
        file.write("".join(json.dumps(row) + "\n" for row in rows[:120]))
    held = write(tmp_path / "held.jsonl", *rows[120:])
    run = CliRunner()
    made = run.invoke(
        app,
        f"verifier train {tmp_path}/rows.jsonl.gz num_train_epochs=1 learning_rate=1e-3 -q "
        f"--model {tiny_policy} --output {tmp_path}/made --heldout {held}",
    )
    assert made.exit_code == 0, made.output
    assert "30 labels" in made.output and "caught" in made.output
    assert read_card(tmp_path / "made").training["config"] == {"num_train_epochs": 1, "learning_rate": 1e-3}
    report = tmp_path / "report.json"
    found = run.invoke(app, f"verifier eval {tmp_path}/made {held} --band 0 --json {report} -q")
    assert found.exit_code == 0, found.output
    assert "NLL" in found.output
    values = json.loads(report.read_text())
    assert (values["labels"], values["band"], values["types"]["all"]["abstained"]) == (30, 0.0, 0.0)
    repeated = run.invoke(app, f"verifier eval {tmp_path}/made {tmp_path}/rows.jsonl.gz -q")
    assert isinstance(repeated.exception, VerifierError)
    assert "rows.jsonl.gz:1 repeats training" in str(repeated.exception)
    low, high = values["types"]["requirement"]["intervals"]["recall_false"]
    assert 0 <= low <= values["types"]["requirement"]["recall_false"] <= high <= 1


def test_layout_names_scope_and_requirement():
    assert layout("Write.", WordCount(at_most=9, scope="each line")).endswith(
        "Requirement: In each line: Write at most 9 words."
    )
