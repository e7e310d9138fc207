"""What an evaluation is made of, by the names that a user gives: a writer, suites, scores, judges."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from rlmr.data import DataError, Task
from rlmr.endpoint import Client, Endpoint, connect
from rlmr.evals.evaluation import (
    Evaluated,
    EvaluationError,
    Scorer,
    Show,
    evaluate_suite,
    read_evaluated,
)
from rlmr.evals.generate import Sampling, load_policy
from rlmr.evals.results import Results, results_of
from rlmr.evals.rubric_scores import NAME, Rubrics, by_rubric
from rlmr.evals.suites import Suite
from rlmr.evals.writers import EndpointWriter, FileWriter, LocalWriter, Writer
from rlmr.models import LANGUAGE_MODELS, read_config
from rlmr.policies.find import Author, find_policy
from rlmr.policies.weights import load_kept
from rlmr.recipes.models import locate, names_function
from rlmr.rewards.ensemble import Scoring, check_scorer, load_scorer
from rlmr.rewards.function import load_function
from rlmr.rewards.reward_model import Scores
from rlmr.runs import read_run
from rlmr.runs.files import read_json
from rlmr.sandbox.gold import gold_score
from rlmr.verifiers.combine import VerifyAll, verify_all
from rlmr.verifiers.judge import Judge

TEXT_S = 600.0
"""Seconds that a server may take for one text."""

CACHES = ("replies.sqlite", "judge.sqlite", "rubric.sqlite")
"""Replies of servers, kept beside the texts."""


@dataclass(frozen=True, slots=True)
class Judges:
    """Servers that judge beside the programs, each with the name by which it knows its model."""

    judge: str | None = None
    """Its URL: decides what no program does; None = nobody does."""
    judge_model: str = ""
    rubric_judge: str | None = None
    """Its URL: gives points by the rubric of each task's category; None = nobody does."""
    rubric_model: str = ""
    api_key_env: str = "OPENAI_API_KEY"
    """The environment variable with their key."""

    def verify(self, cache: Path) -> VerifyAll:
        """Programs, and the judge for what they leave open. Raises EndpointError where it gives no reply."""
        if self.judge is None:
            return verify_all
        client = connect("--judge", self.judge, self.judge_model, self.api_key_env, cache)
        return partial(verify_all, judge=Judge(client))

    def rubrics(self, cache: Path) -> Rubrics | None:
        """The judge by rubrics; None where there is none. Raises EndpointError where it gives no reply."""
        if self.rubric_judge is None:
            return None
        return by_rubric(
            connect("--rubric-judge", self.rubric_judge, self.rubric_model, self.api_key_env, cache)
        )


@dataclass(frozen=True, slots=True)
class Request:
    """What is evaluated, on what, and who judges it."""

    author: Author
    """Who writes; a file of texts, too."""
    suites: Sequence[Suite]
    folder: Path
    """Where everything is kept."""
    sampling: Sampling
    samples: int = 1
    """Texts for each task."""
    scores: Mapping[str, str] = field(default_factory=dict)
    """See `named_scores`."""
    judges: Judges = Judges()
    gates: bool = True
    """Whether the gates stand beside the constraints of native suites."""
    overwrite: bool = False
    """Begin anew."""


def evaluate(
    request: Request, show: Callable[[str], AbstractContextManager[Show]]
) -> list[tuple[Evaluated, Results]]:
    """Each suite's texts and results; what the folder holds of them is not asked for again.

    `show` opens a suite's progress by its name. Raises EvaluationError for a folder of other evaluations, and
    what the writer, the scores and the judges raise where they cannot be had.
    """
    folder, judges = request.folder, request.judges
    writer = writer_of(request.author, folder, request.samples)
    check_folder(folder, writer, request.suites if request.overwrite else ())
    if request.overwrite:
        begin_anew(folder, request.suites)
    scorers = scorers_of(request.scores)
    verify, rubrics = judges.verify(folder / CACHES[1]), judges.rubrics(folder / CACHES[2])
    found = []
    for suite in request.suites:
        with show(suite.name) as progress:
            evaluated = evaluate_suite(
                suite,
                writer,
                request.sampling,
                place_of(folder, suite),
                verify=verify,
                scorers=scorers,
                rubrics=rubrics,
                samples=request.samples,
                about=about(writer, request.scores, judges),
                gates=request.gates,
                show=progress,
            )
        found.append((evaluated, results_of(evaluated, seed=request.sampling.seed)))
    return found


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


def writer_of(author: Author, folder: Path, samples: int = 1) -> Writer:
    """Who `author` is: a server's model, else a file of texts, a run, a Hugging Face folder or name.

    A server's replies are kept in `folder` as they come. Raises what `find_policy` and `read_config` raise.
    """
    model, path = author.model, Path(author.model)
    if author.url is not None:
        endpoint = Endpoint(
            author.url,
            model,
            cache=folder / CACHES[0],
            api_key_env=author.api_key_env,
            max_in_flight=author.in_flight,
            timeout_s=TEXT_S,
            deadline_s=2 * TEXT_S,
        )
        return EndpointWriter(Client(endpoint))
    if path.name.endswith((".jsonl", ".jsonl.gz", ".parquet")):
        return FileWriter(path, samples)
    if author.is_run:
        run = read_run(path)
        kept = find_policy(run, author.checkpoint)
        return LocalWriter(f"{model} ({kept.which}, step {kept.step})", partial(load_kept, run, kept))
    read_config("MODEL", locate(model), LANGUAGE_MODELS, "a causal language model is needed")
    return LocalWriter(model, partial(load_policy, locate(model)))


def about(writer: Writer, scores: Mapping[str, str], judges: Judges) -> dict[str, Any]:
    """What makes another evaluation of it, beside model, suite and sampling."""
    given = {**scores, **({NAME: judges.rubric_model} if judges.rubric_model else {})}
    file = {"texts_digest": writer.digest} if isinstance(writer, FileWriter) else {}
    return {"scores": given, "judge": judges.judge_model or None, **file}


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
    return {name: _gold if path == "sandbox:gold" else _scorer(name, path) for name, path in scores.items()}


def _gold(tasks: Sequence[Task], answers: Sequence[str]) -> Scores:
    pairs = zip(tasks, answers, strict=True)
    return Scores([gold_score(task, answer) for task, answer in pairs], [False] * len(answers))


def _scorer(name: str, path: str) -> Scorer:
    if names_function(path):
        scoring: Scoring = load_function(path)
    else:
        check_scorer(locate(path), f"--score {name}")
        scoring = load_scorer(locate(path))

    def score(tasks: Sequence[Task], answers: Sequence[str]) -> Scores:
        return scoring.score([task.prompt for task in tasks], list(answers))

    return score
