"""What an evaluation is made of, by the names that a user gives: a writer, suites, scores, judges."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rlmr.data import DataError, Task
from rlmr.endpoint import Client, Endpoint
from rlmr.evals.evaluation import Evaluated, EvaluationError, Scorer, read_evaluated
from rlmr.evals.generate import load_policy
from rlmr.evals.results import Results, results_of
from rlmr.evals.rubric_scores import NAME, Rubrics, by_rubric
from rlmr.evals.suites import Suite, read_suites
from rlmr.evals.writers import EndpointWriter, FileWriter, LocalWriter, Writer
from rlmr.models import LANGUAGE_MODELS, read_config
from rlmr.policies.find import find_policy
from rlmr.policies.weights import load_kept
from rlmr.recipes.models import locate, names_function
from rlmr.rewards.ensemble import Scoring, check_scorer, load_scorer
from rlmr.rewards.function import load_function
from rlmr.rewards.reward_model import Scores
from rlmr.runs import read_run
from rlmr.runs.files import read_json
from rlmr.sandbox.gold import gold_score
from rlmr.sandbox.tasks import make_tasks
from rlmr.verifiers.combine import VerifyAll, verify_all
from rlmr.verifiers.judge import Judge

TEXT_S = 600.0
"""Seconds that a server may take for one text."""

SANDBOX_TASKS = 200
"""Tasks of the suite `sandbox:heldout`."""

CACHES = ("replies.sqlite", "judge.sqlite", "rubric.sqlite")
"""Replies of servers, kept beside the texts."""


def suites_of(names: Sequence[str]) -> list[Suite]:
    """See `read_suites`; `sandbox:heldout` is the sandbox's own."""
    return read_suites(names, {"sandbox:heldout": _heldout})


def _heldout() -> Suite:
    return Suite("sandbox-heldout", tuple(make_tasks(SANDBOX_TASKS, 0, "heldout")))


def place_of(folder: Path, suite: Suite) -> Path:
    """Where the evaluation of a suite is kept.

    >>> place_of(Path("out"), Suite("write-eval:test:zh", ())).as_posix()
    'out/write-eval-test-zh'
    """
    return folder / suite.name.replace(":", "-")


def begin_anew(folder: Path, suites: Sequence[Suite]) -> None:
    """Take away the evaluations of `suites` in `folder` and servers' replies; whatever else is there stays.

    Raises EvaluationError for a suite's folder that holds something else.
    """
    for place in [place_of(folder, suite) for suite in suites]:
        if place.exists() and not read_json(place / "settings.json"):
            raise EvaluationError(f"--overwrite: {place} is no evaluation, and stays; give another --output")
    for suite in suites:
        shutil.rmtree(place_of(folder, suite), ignore_errors=True)
    for name in CACHES:
        for part in folder.glob(f"{name}*"):
            part.unlink()


def writer_of(
    model: str,
    folder: Path,
    *,
    checkpoint: str = "",
    url: str | None = None,
    api_key_env: str = "OPENAI_API_KEY",
    in_flight: int = 64,
    samples: int = 1,
) -> Writer:
    """Who `model` is: with `url` a server's, else a file of texts, a run, a Hugging Face folder or name.

    A server's replies are kept in `folder` as they come. Raises DataError for a checkpoint of what is no
    run, and what `find_policy` and `read_config` raise.
    """
    path = Path(model)
    a_run = url is None and (path / "status.json").is_file()
    if checkpoint and not a_run:
        raise DataError(f"--checkpoint {checkpoint}: only a run folder has them, and {model} is none")
    if url is not None:
        folder.mkdir(parents=True, exist_ok=True)
        endpoint = Endpoint(
            url,
            model,
            cache=folder / CACHES[0],
            api_key_env=api_key_env,
            max_in_flight=in_flight,
            timeout_s=TEXT_S,
            deadline_s=2 * TEXT_S,
        )
        return EndpointWriter(Client(endpoint))
    if path.name.endswith((".jsonl", ".jsonl.gz", ".parquet")):
        return FileWriter(path, samples)
    if a_run:
        run = read_run(path)
        kept = find_policy(run, checkpoint)
        return LocalWriter(f"{model} ({kept.which}, step {kept.step})", partial(load_kept, run, kept))
    read_config("MODEL", locate(model), LANGUAGE_MODELS, "a causal language model is needed")
    return LocalWriter(model, partial(load_policy, locate(model)))


def about(writer: Writer, scores: Mapping[str, str], judge: str, rubric_judge: str) -> dict[str, Any]:
    """What makes another evaluation of it, beside model, suite and sampling."""
    given = {**scores, **({NAME: rubric_judge} if rubric_judge else {})}
    file = {"texts_digest": writer.digest} if isinstance(writer, FileWriter) else {}
    return {"scores": given, "judge": judge or None, **file}


def check_folder(folder: Path, writer: Writer, anew: Sequence[Suite]) -> None:
    """Raises EvaluationError where `folder` holds evaluations of another model: one folder, one model.

    Those of the suites that are begun `anew` do not count.
    """
    gone = {place_of(folder, suite) for suite in anew}
    for path in sorted(folder.glob("*/settings.json")):
        if path.parent not in gone and (was := read_json(path).get("model")) != writer.name:
            raise EvaluationError(
                f"{folder} holds an evaluation of model {was!r}, but this one is of {writer.name!r}; give "
                f"another --output, or --overwrite to begin anew"
            )


def others(folder: Path, suites: Sequence[Suite], seed: int) -> list[tuple[Evaluated, Results]]:
    """The finished evaluations in `folder` of other suites than these."""
    mine = {place_of(folder, suite) for suite in suites}
    places = sorted(path.parent for path in folder.glob("*/rows.jsonl.gz"))
    read = [read_evaluated(place) for place in places if place not in mine]
    return [(one, results_of(one, seed=seed)) for one in read]


def verify_with(judge: str | None, model: str, api_key_env: str, folder: Path) -> VerifyAll:
    """Programs, and a judge for what they leave open; its replies are kept beside the texts."""
    if judge is None:
        return verify_all
    return partial(verify_all, judge=Judge(_asked("--judge", judge, model, api_key_env, folder / CACHES[1])))


def rubrics_with(judge: str | None, model: str, api_key_env: str, folder: Path) -> Rubrics | None:
    """A judge by rubrics, its replies kept beside the texts; None where there is no judge."""
    if judge is None:
        return None
    return by_rubric(_asked("--rubric-judge", judge, model, api_key_env, folder / CACHES[2]))


def _asked(option: str, url: str, model: str, api_key_env: str, cache: Path) -> Client:
    """A judge's client, tried with one question. Raises EndpointError where it does not answer."""
    cache.parent.mkdir(parents=True, exist_ok=True)
    client = Client(Endpoint(url, model, cache=cache, api_key_env=api_key_env))
    if note := client.canary().checked(option):
        print(note, file=sys.stderr)
    return client


def named_scores(given: Sequence[str]) -> dict[str, str]:
    """NAME=MODEL options. Raises DataError for another form and a name that stands twice.

    >>> named_scores(["gold=sandbox:gold"])
    {'gold': 'sandbox:gold'}
    """
    found: dict[str, str] = {}
    for text in given:
        name, equals, path = text.partition("=")
        if not (equals and path and name.replace("-", "").replace("_", "").isalnum()):
            raise DataError(f"--score {text!r}: give NAME=MODEL; a name has letters, digits, - and _")
        if name in found:
            raise DataError(f"--score {name}: stands twice")
        if name == NAME:
            raise DataError(f"--score {name}: is what --rubric-judge gives; take another name")
        found[name] = path
    return found


def scorers_of(scores: Mapping[str, str]) -> dict[str, Scorer]:
    """Scorers by what --score names: the sandbox's gold judge, a user's function, or a reward model."""
    return {name: _gold if path == "sandbox:gold" else _scorer(path) for name, path in scores.items()}


def _gold(tasks: Sequence[Task], answers: Sequence[str]) -> Scores:
    pairs = zip(tasks, answers, strict=True)
    return Scores([gold_score(task, answer) for task, answer in pairs], [False] * len(answers))


def _scorer(path: str) -> Scorer:
    if names_function(path):
        scoring: Scoring = load_function(path)
    else:
        check_scorer(locate(path))
        scoring = load_scorer(locate(path))

    def score(tasks: Sequence[Task], answers: Sequence[str]) -> Scores:
        return scoring.score([task.prompt for task in tasks], list(answers))

    return score
