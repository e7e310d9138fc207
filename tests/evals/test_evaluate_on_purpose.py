"""`rlmr evaluate` and `rlmr compare` as they are misused; several texts of a task, and rubrics."""

import gzip
import json

import pytest
from evaluation_cases import rows_of
from test_evaluate_command import GOOD, LONG, run, suite_file, texts_file

from rlmr.data import DataError, Task
from rlmr.endpoint import Client, Endpoint
from rlmr.endpoint.fake import FakeServer
from rlmr.evals.comparison import compare_models
from rlmr.evals.evaluation import Evaluated, EvaluationError, evaluate_suite
from rlmr.evals.generate import GenerationError, Sampling
from rlmr.evals.outcome import read_rows, write_rows
from rlmr.evals.pairwise import Meeting, compare
from rlmr.evals.results import results_of
from rlmr.evals.rubric_scores import by_rubric, rubric_of
from rlmr.evals.suites import Facts, Suite
from rlmr.evals.writers import EndpointWriter, FileWriter
from rlmr.report.evaluation import markdown, write_comparison, write_evaluation
from rlmr.rewards.reward_model import Scores

FACTS = Facts("mine", "native", "", "0" * 16, 3)


def results(folder):
    return json.loads((folder / "results.json").read_text())["suites"]


def evaluated(rows, name="m"):
    return Evaluated(name, FACTS, rows)


# Several texts of a task


def echo_seed(request):
    return f"Rain fell on day {request.body['seed']} and on the next."


def test_several_texts_of_a_task_have_seeds_of_their_own_and_more_can_be_added(tmp_path):
    suite = Suite("mine", (Task("a", "Write a."), Task("b", "Write b.")))
    with FakeServer(echo_seed) as server, Client(Endpoint(server.base_url, "w")) as client:
        writer = EndpointWriter(client)
        one = evaluate_suite(suite, writer, Sampling(seed=5), tmp_path)
        assert [row.key for row in one.rows] == ["a", "b"] and server.calls == 2
        found = evaluate_suite(suite, writer, Sampling(seed=5), tmp_path, samples=3)
        assert [row.key for row in found.rows] == ["a", "a#1", "a#2", "b", "b#1", "b#2"]
        assert server.calls == 6, "what was there was not asked for again"
        assert len({row.answer for row in found.rows[:3]}) == 3
        assert found.rows[0] == one.rows[0], "the first text has the seed itself"
        with pytest.raises(EvaluationError, match="all be the same"):
            evaluate_suite(suite, writer, Sampling(temperature=0), tmp_path / "greedy", samples=2)
        clash = Suite("mine", (Task("a", "Write a."), Task("a#1", "Write b.")))
        with pytest.raises(EvaluationError, match="rename"):
            evaluate_suite(clash, writer, Sampling(), tmp_path / "clash", samples=2)
    assert results_of(found).samples == 3
    assert results_of(found).breaks["within.opening_share"].n == 2, "sameness within a prompt is known"


def test_rows_of_one_text_a_task_look_as_before(tmp_path):
    rows = rows_of("start", 1.0, 20, n=2)
    write_rows(tmp_path / "rows.jsonl.gz", rows)
    assert read_rows(tmp_path / "rows.jsonl.gz") == rows
    line = json.loads(gzip.decompress((tmp_path / "rows.jsonl.gz").read_bytes()).splitlines()[0])
    assert "sample" not in line and "points" not in line


def test_comparisons_of_one_prompt_promise_no_more_than_its_prompts():
    met = [Meeting(f"t{i // 4}", 1.0, 1.0, 0.0) for i in range(200)]
    single = [Meeting(f"t{i}", 1.0, 1.0, 0.0) for i in range(50)]
    by = [compare("a", "b", "judge", part, ordered=True) for part in (met, single)]
    assert by[0].detectable == by[1].detectable and by[0].win.p == by[1].win.p


def test_a_file_may_hold_several_texts_of_a_task(tmp_path):
    path = tmp_path / "texts.jsonl"
    path.write_text("".join(json.dumps({"id": "t", "completion": text}) + "\n" for text in "ab"))
    tasks = [Task("t", "Write."), Task("u", "Write more.")]
    [second] = FileWriter(path, 2).write(tasks, Sampling(), (), 1)
    assert second[0].text == "b" and second[1].cause == "not in the file"
    with pytest.raises(DataError, match=r":2: a text too many for 't': 1 of each task are read; --samples"):
        list(FileWriter(path).write(tasks, Sampling(), ()))


# Rubrics


def test_points_are_given_by_the_rubric_of_the_category_and_kept(tmp_path):
    def points(request):
        if request.schema is None or "surprise" not in request.schema["properties"]:
            return "no idea"
        return json.dumps({name: 3 + i for i, name in enumerate(request.schema["properties"])})

    meta = {"category": "jokes", "lang": "en"}
    suite = Suite("mine", (Task("a", "A joke.", meta=meta), Task("b", "A text.")))
    path = texts_file(tmp_path / "texts.jsonl", {"a": "Ha.", "b": "Well."})
    folder = tmp_path / "out"
    given = (suite, FileWriter(path), Sampling(), folder)
    about = {"scores": {"rubric": "j"}}
    with (
        FakeServer(points, structured=False) as server,
        Client(Endpoint(server.base_url, "j", retries_rejected=0, retries=0)) as client,
    ):
        found = evaluate_suite(*given, rubrics=by_rubric(client), about=about)
        calls = server.calls
        evaluate_suite(*given, rubrics=by_rubric(client), about=about)
        assert server.calls == calls + 1, "the unknown one alone is asked again"
    assert found.rows[0].scores == {"rubric": 4.5} and found.rows[0].points["surprise"] == 3
    assert found.rows[1].scores == {"rubric": None} and found.rows[1].points == {}
    summary = results_of(found)
    assert summary.scores["rubric"].n == 1 and summary.scores["rubric"].value == 4.5
    assert list(summary.points) == ["jokes"] and summary.points["jokes"]["surprise"].value == 3
    without = evaluate_suite(suite, FileWriter(path), Sampling(), folder)
    assert without.rows == found.rows, "what was scored before stays"
    assert read_rows(folder / "rows.jsonl.gz") == found.rows
    page = write_evaluation([(found, summary)], folder).read_text()
    assert "By criterion of the rubrics" in page and "surprise" in page


def test_chinese_tasks_have_chinese_rubrics():
    words = rubric_of(Task("1", "写一首诗。", meta={"category": "poems", "lang": "zh"}))
    assert all(any("一" <= c <= "鿿" for c in text) for text in words.values())


def test_a_rubric_judge_through_the_command(tmp_path):
    suite = suite_file(tmp_path, n=4)
    answers = texts_file(tmp_path / "answers.jsonl", {f"t{i}": GOOD for i in range(4)})
    given = ("evaluate", answers, "-s", suite, "-o", tmp_path / "out", "-q")

    def points(request):
        return json.dumps(dict.fromkeys((request.schema or {}).get("properties", {}), 7))

    with FakeServer(points) as server:
        asked = ("--rubric-judge", server.base_url, "--rubric-model", "j")
        assert run(*given, *asked).exit_code == 0
        calls = server.calls
        assert run(*given, *asked).exit_code == 0
        assert server.calls == calls + 1, "the canary alone"
    found = results(tmp_path / "out")["tasks"]
    assert found["scores"]["rubric"]["value"] == 7 and set(found["points"]) == {"stories", "poems"}
    assert "give both, or none" in str(run(*given, "--rubric-judge", "http://127.0.0.1:1").exception)
    assert "is what --rubric-judge gives" in str(run(*given, "--score", "rubric=a:b").exception)


# Folders


def test_overwriting_leaves_alone_what_is_no_evaluation(tmp_path):
    suite = suite_file(tmp_path)
    answers = texts_file(tmp_path / "answers.jsonl", {"t0": GOOD})
    out = tmp_path / "with a space"
    assert run("evaluate", answers, "-s", suite, "-o", out, "-q").exit_code == 0
    (out / "diary.txt").write_text("mine")
    assert run("evaluate", answers, "-s", suite, "-o", out, "-q", "--overwrite").exit_code == 0
    assert (out / "diary.txt").read_text() == "mine"
    (tmp_path / "other" / "tasks").mkdir(parents=True)
    (tmp_path / "other" / "tasks" / "novel.txt").write_text("mine")
    found = run("evaluate", answers, "-s", suite, "-o", tmp_path / "other", "-q", "--overwrite")
    assert "is no evaluation, and stays" in str(found.exception)
    assert (tmp_path / "other" / "tasks" / "novel.txt").exists()


def test_a_folder_holds_several_suites_of_one_model_and_a_look_is_no_result(tmp_path):
    suite = suite_file(tmp_path)
    answers = texts_file(tmp_path / "answers.jsonl", {f"t{i}": GOOD for i in range(8)})
    given = ("evaluate", answers, "-o", tmp_path / "out", "-q")
    assert run(*given, "-s", suite, "--limit", 2).exit_code == 0
    assert run(*given, "-s", suite).exit_code == 0
    assert run(*given, "-s", f"again={suite}").exit_code == 0
    found = results(tmp_path / "out")
    assert {name: one["texts"] for name, one in found.items()} == {"again": 8, "tasks": 8, "tasks:first-2": 2}
    other = texts_file(tmp_path / "others.jsonl", {"t0": LONG})
    refused = run("evaluate", other, "-o", tmp_path / "out", "-q", "-s", f"third={suite}")
    assert "holds an evaluation of model 'answers.jsonl'" in str(refused.exception)


def test_a_file_that_has_changed_is_not_taken_for_the_old_one(tmp_path):
    suite = suite_file(tmp_path)
    answers = texts_file(tmp_path / "answers.jsonl", {"t0": GOOD})
    given = ("evaluate", answers, "-s", suite, "-o", tmp_path / "out", "-q")
    assert run(*given).exit_code == 0
    texts_file(answers, {"t0": LONG})
    assert "holds an evaluation with texts_digest" in str(run(*given).exception)
    assert run(*given, "--overwrite").exit_code == 0
    assert results(tmp_path / "out")["tasks"]["strict"]["prompts"]["value"] == 0.0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no rows"),
        ('{"id": "t0", "text": "x"}\n', ":1: completion: missing (or response)"),
        ('{"completion": "x"}\n', ":1: id: missing"),
        ('{"id": "t0", "completion": "x"}\n{"id": "t1", "comple', ":2"),
    ],
)
def test_files_that_cannot_be_read_are_refused_with_their_line(content, message, tmp_path):
    answers = tmp_path / "answers.jsonl"
    answers.write_text(content)
    found = run("evaluate", answers, "-s", suite_file(tmp_path), "-o", tmp_path / "out", "-q")
    assert message in str(found.exception)


def test_a_server_that_writes_nothing_ends_in_an_error(tmp_path):
    given = ("evaluate", "w", "--endpoint", "http://127.0.0.1:9/v1", "-s", suite_file(tmp_path, n=2))
    found = run(*given, "-o", tmp_path / "out", "-q")
    assert found.exit_code == 1 and "not one text could be had: connection refused 2" in found.output


def test_models_without_a_task_in_common_are_not_compared():
    rows = rows_of("start", 1.0, 20, n=4)
    with pytest.raises(EvaluationError, match="b and a have texts for no task in common"):
        compare_models(["a", "b"], [evaluated(rows[:2]), evaluated(rows[2:])], {})


def test_sampling_that_cannot_be_is_said_not_traced(tmp_path):
    answers = texts_file(tmp_path / "answers.jsonl", {"t0": GOOD})
    found = run("evaluate", answers, "-s", suite_file(tmp_path), "--top-p", 2)
    assert isinstance(found.exception, GenerationError) and "top_p must be above 0" in str(found.exception)


def test_a_checkpoint_of_what_is_no_run_is_refused(tmp_path):
    answers = texts_file(tmp_path / "answers.jsonl", {"t0": GOOD})
    found = run("evaluate", answers, "-s", suite_file(tmp_path), "--checkpoint", "best")
    assert "only a run folder has them" in str(found.exception)


# What users and models write


def test_markup_in_names_and_categories_is_shown_as_it_is(tmp_path):
    path = tmp_path / "tasks.jsonl"
    path.write_text(json.dumps({"id": "t", "prompt": "Write.", "category": "[/b]<i>|"}) + "\n")
    answers = texts_file(tmp_path / "a.jsonl", {"t": "</pre><script>x</script> [/bold] It rained."})
    found = run("evaluate", answers, "-s", path, "-o", tmp_path / "out", "-q")
    assert found.exit_code == 0, found.exception
    assert "category [/b]<i>|" in found.output
    page = (tmp_path / "out" / "index.html").read_text()
    assert "<script" not in page and "<i>" not in page


def test_names_of_models_break_no_table(tmp_path):
    names = ["a|b/c", "<script>x</script>"]
    both = [evaluated(rows_of("start", 1.0, 20, n=30), name) for name in names]
    one = compare_models(names, both, {})
    table = markdown([one])
    row = next(line for line in table.splitlines() if line.startswith("| a"))
    assert row.replace("\\|", "").count("|") == table.splitlines()[2].count("|")
    page = write_comparison([one], tmp_path).read_text()
    assert "<script>x" not in page and "<script>" not in table.replace("\\<", "")


@pytest.mark.parametrize("n", [0, 1, 30])
def test_nothing_and_next_to_nothing_are_reported(n, tmp_path):
    rows = rows_of("start", 1.0, 20, n=n)
    one = evaluated(rows)
    page = write_evaluation([(one, results_of(one))], tmp_path).read_text()
    assert f"{n} texts" in page and "nan" not in page
    if rows:
        found = compare_models(["a", "b"], [one, one], {})
        table = markdown([found]) + write_comparison([found], tmp_path).read_text()
        assert ("too few to say anything" in table) == (n < 20) and "nan" not in table


def test_a_judge_that_is_called_like_a_score_is_refused():
    both = [evaluated(rows_of("start", 1.0, 20, n=3))] * 2
    met = {"gold": {(1, 0): [Meeting("t0", 1.0, 1.0, 0.0)]}}
    with pytest.raises(EvaluationError, match="a score has this name"):
        compare_models(["a", "b"], both, met)


def test_a_stop_in_scoring_repeats_no_score(tmp_path):
    tasks = [Task(str(i), f"Write {i}.") for i in range(100)]
    path = texts_file(tmp_path / "texts.jsonl", {task.id: f"Text {task.id}." for task in tasks})
    given = (Suite("mine", tuple(tasks)), FileWriter(path), Sampling(), tmp_path / "out")
    asked = []

    def score(tasks, answers):
        asked.extend(answers)
        if stop and len(asked) > 64:
            raise KeyboardInterrupt
        return Scores([float(len(answer)) for answer in answers], [False] * len(answers))

    stop = True
    with pytest.raises(KeyboardInterrupt):
        evaluate_suite(*given, scorers={"length": score}, about={"scores": {"length": "m:length"}})
    assert not (tmp_path / "out" / "rows.jsonl.gz").exists()
    stop, asked = False, []
    found = evaluate_suite(*given, scorers={"length": score}, about={"scores": {"length": "m:length"}})
    assert len(asked) == 36 and all(row.scores["length"] == len(row.answer) for row in found.rows)
