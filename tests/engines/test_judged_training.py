"""A judge inside the TRL engine: one that fails 30 % of the time, and recipes that name one."""

import json

import pytest
from engine_cases import make_job

from judge_cases import judging
from rlmr.alarms import choose_alarms
from rlmr.constraints import Element, Status, parse
from rlmr.data import Task, write_tasks
from rlmr.endpoint import EndpointError
from rlmr.engines.trl import train
from rlmr.recipes import read_recipe
from rlmr.recipes.run import plan
from rlmr.recipes.schema import RecipeError
from rlmr.recipes.verifying import load_verify
from rlmr.runs import read_run, recompute
from rlmr.verifiers.combine import verify_all
from rlmr.verifiers.judge.gullible import parts

FAULTS = {"500": 0.05, "drop": 0.05, "prose": 0.05, "wrong_ids": 0.05, "refusal": 0.05, "truncated": 0.05}


def has_the(request):
    """Whether the word 'the' stands in the response."""
    name, _, response = parts(request)
    found = "the" in response.split()
    evidence = "the" if found else ""
    return json.dumps({"id": name, "evidence": evidence, "verdict": "pass" if found else "fail"})


def rows_of(run):
    return [row for step in run.steps for group in run.groups(step) for row in group]


@pytest.mark.slow
def test_training_goes_on_with_a_judge_that_fails(tiny_policy, tmp_path):
    constraints = (*parse([{"type": "word_count", "at_most": 9}]), Element("the word the"))
    tasks = [Task(name, f"write about the {name} .", constraints) for name in ("fox", "hen", "owl", "wolf")]
    with judging(has_the, faults=FAULTS, cache=tmp_path / "judge.sqlite") as (judge, server):

        def verify(tasks, answers):
            return verify_all(tasks, answers, judge=judge)

        job = make_job(tiny_policy, tmp_path / "run", tasks=tasks, verify=verify, grpo={"max_steps": 6})
        assert train(job) == "finished"
        assert sum(server.done[fault] for fault in FAULTS) > 0.15 * server.calls > 0
    run = read_run(tmp_path / "run")
    rows = rows_of(run)
    judged = [next(v for v in row.verdicts if v.type == "element") for row in rows]
    unknown = [row for row, verdict in zip(rows, judged, strict=True) if verdict.status is Status.UNKNOWN]
    assert run.status["step"] == 6 and 0.1 < len(unknown) / len(rows) < 0.6
    assert {v.status for v in judged} == {Status.PASS, Status.FAIL, Status.UNKNOWN}
    for row, verdict in zip(rows, judged, strict=True):
        if verdict.status is Status.UNKNOWN:
            assert verdict.reason.startswith("judge ") and verdict.source == "judge:fake"
            others = [v.status for v in row.verdicts if v is not verdict]
            assert row.derived.unknown == (Status.FAIL not in others)
            assert row.derived.passed is False
        elif row.answer.strip():
            assert (verdict.status is Status.PASS) == ("the" in row.answer.split())
        assert row.derived.advantage == 0 if row.derived.unknown else True
    for group in (g for step in run.steps for g in run.groups(step)):
        known = [row.derived.advantage for row in group if not row.derived.unknown]
        assert all(
            row.derived.advantage < 0 for row in group if not (row.derived.unknown or row.derived.passed)
        )
        assert abs(sum(known)) < 1e-4 or all(a <= 0 for a in known)
    assert any(name.startswith("unknown/judge_") for name in run.metrics[0] | run.metrics[1])
    again = [row.derived for step in run.steps for group in recompute(run, step).groups for row in group]
    assert again == [row.derived for row in rows]


@pytest.mark.slow
def test_a_judge_that_never_answers_raises_the_alarm(tiny_policy, tmp_path, capsys):
    tasks = [Task(name, f"write about the {name} .", (Element("a"),)) for name in ("fox", "hen")]
    with judging(faults={"500": 1.0}) as (judge, _):

        def verify(tasks, answers):
            return verify_all(tasks, answers, judge=judge)

        train(
            make_job(
                tiny_policy,
                tmp_path / "run",
                tasks=tasks,
                verify=verify,
                alarms=choose_alarms({"unknown": {"above": 0.05}}),
            )
        )
    run = read_run(tmp_path / "run")
    assert all(row.derived.unknown or not row.derived.passed for row in rows_of(run))
    assert [line["alarm/unknown"] for line in run.metrics] == [1.0, 1.0]
    heard = capsys.readouterr().err
    assert heard.count("alarm unknown: ") == 1 and "judge http 500" in heard


def recipe_of(tmp_path, tiny_policy, tiny_reward_model, *judge):
    write_tasks(tmp_path / "tasks.jsonl", [Task("a", "write .", (Element("a fox"),))] * 1)
    (tmp_path / "recipe.yaml").write_text(
        f"name: t\npolicy: {tiny_policy}\ndata: {{train: {tmp_path}/tasks.jsonl}}\n"
        f"reward: {{model: {tiny_reward_model}}}\noutput: {tmp_path}/run\n"
        "grpo: {max_steps: 1, per_device_train_batch_size: 2, num_generations: 2}\n"
    )
    return read_recipe(str(tmp_path / "recipe.yaml"), list(judge))


def test_tasks_that_need_a_judge_are_refused_without_one(tmp_path, tiny_policy, tiny_reward_model):
    with pytest.raises(RecipeError, match=r"task a has constraints that no program decides \(element\)"):
        plan(recipe_of(tmp_path, tiny_policy, tiny_reward_model))


def test_a_recipe_names_its_judge(tmp_path, tiny_policy, tiny_reward_model):
    with judging(has_the) as (_, server):
        named = [f"judge.endpoint.base_url={server.base_url}", "judge.endpoint.model=m"]
        planned = plan(recipe_of(tmp_path, tiny_policy, tiny_reward_model, *named))
        verdict = load_verify(planned.recipe)(planned.tasks, ["the fox"])[0][0]
        assert (verdict.status.value, verdict.source) == ("pass", "judge:m")


def test_a_judge_that_does_not_answer_is_an_error_before_training(tmp_path, tiny_policy, tiny_reward_model):
    named = ["judge.endpoint={base_url: 'http://127.0.0.1:9/v1', model: m, retries: 0}"]
    with pytest.raises(EndpointError, match=r"judge\.endpoint: .*connection refused"):
        load_verify(recipe_of(tmp_path, tiny_policy, tiny_reward_model, *named))


@pytest.mark.parametrize(
    ("judge", "message"),
    [
        ("judge.endpoint={model: m}", r"judge\.endpoint\.base_url: missing"),
        ("judge.endpoint={base_url: 'http://x/v1', modle: m}", "did you mean 'model'"),
        ("judge.skip=true", "judge"),
    ],
)
def test_a_bad_judge_block_names_the_field(tmp_path, tiny_policy, tiny_reward_model, judge, message):
    with pytest.raises(RecipeError, match=message):
        recipe_of(tmp_path, tiny_policy, tiny_reward_model, judge)
