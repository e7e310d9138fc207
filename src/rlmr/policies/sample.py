"""Try a policy on a prompt: texts with their verdicts and scores, from a run, a model or a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Protocol

from rlmr.constraints.base import Constraint, Verdict
from rlmr.data import Message, Task, choose_gates, with_gates
from rlmr.endpoint import Client, Endpoint
from rlmr.evals.generate import Completion, Sampling, generate_batches, load_policy
from rlmr.evals.writers import EndpointWriter, Missing
from rlmr.policies.find import Author, Kept, find_policy
from rlmr.policies.weights import load_kept
from rlmr.recipes.load import check_recipe
from rlmr.recipes.models import locate
from rlmr.recipes.schema import Recipe
from rlmr.recipes.scorers import load_scorer
from rlmr.recipes.verifying import load_verify
from rlmr.rewards.reward_model import Scores
from rlmr.runs import Run, read_run
from rlmr.text import count_words
from rlmr.verifiers.combine import VerifyAll, verify_all
from rlmr.verifiers.finished import answer_of, finished_verdict
from rlmr.verifiers.program import all_pass


class Scorer(Protocol):
    """Whatever gives every text one score."""

    def score(self, prompts: Sequence[str | Sequence[Message]], answers: Sequence[str]) -> Scores:
        """Scores of B answers, each to its own prompt."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One text, and what is known of it."""

    completion: str
    """All that the policy wrote."""
    answer: str
    """What follows its reasoning block: what verdicts and score saw."""
    tokens: int | None
    """Generated tokens, the end token included; None where a server did not say."""
    finished: bool
    """It ended by itself, its reasoning block (if any) closed."""
    verdicts: tuple[Verdict, ...]
    """One per constraint, and `finished`."""
    score: float | None
    """The reward model's; None where there is none, or none could be had."""
    missing: str = ""
    """Why there is no text; '' where there is one."""

    @property
    def passed(self) -> bool | None:
        """Every hard constraint holds; None = unknown."""
        return None if self.missing else all_pass(self.verdicts)

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready values."""
        return {
            "completion": self.completion,
            "answer": self.answer,
            "words": count_words(self.answer),
            "tokens": self.tokens,
            "finished": self.finished,
            "passed": self.passed,
            "score": self.score,
            "verdicts": [verdict.to_dict() for verdict in self.verdicts],
            "missing": self.missing,
        }


@dataclass(frozen=True, slots=True)
class Source:
    """Where texts come from, and who judges them."""

    write: Callable[[Task, int, Sampling], Iterable[Completion | Missing]]
    """Gives that many texts for the task."""
    name: str
    """Who writes, for a person."""
    sampling: Sampling
    """As trained; where nothing was trained here, from the whole distribution."""
    scorer: Scorer | None = None
    verify: VerifyAll = verify_all
    gates: Sequence[Constraint] = ()
    """Constraints that stand beside the task's own."""


def sample_task(source: Source, task: Task, count: int, sampling: Sampling) -> Iterator[Sample]:
    """`count` texts for a task, verified and scored together; the source's gates stand beside its own."""
    task = with_gates(task, source.gates)
    written = list(source.write(task, count, sampling))
    texts = [one for one in written if isinstance(one, Completion)]
    split_up = [answer_of(one.text, one.opened) for one in texts]
    answers = [answer for answer, _ in split_up]
    verdicts = source.verify([task] * len(texts), answers) if texts else []
    scores: list[float | None] = [None] * len(texts)
    if source.scorer is not None and texts:
        scores = source.scorer.score([task.prompt] * len(texts), answers).values
    graded = iter(zip(texts, split_up, verdicts, scores, strict=True))
    for one in written:
        if isinstance(one, Missing):
            yield Sample("", "", None, False, (), None, one.cause)
            continue
        text, (answer, closed), decided, score = next(graded)
        gate = finished_verdict(text.tokens or 0, text.finished, closed)
        ended = text.finished and closed
        yield Sample(text.text, answer, text.tokens, ended, (*decided, gate), score)


def source_of(author: Author, *, score: bool = True, judge: bool = True) -> Source:
    """Who `author` is: a server's model, a run's policy (see `of_run`), a Hugging Face folder or name.

    Raises RunError, ModelError, RecipeError or EndpointError where one of its parts cannot be had.
    """
    plain = Sampling(max_new_tokens=512, batch_size=64)
    if author.url is not None:
        return of_server(Client(Endpoint(author.url, author.model, api_key_env=author.api_key_env)), plain)
    if author.is_run:
        run = read_run(author.model)
        return of_run(run, find_policy(run, author.checkpoint), score=score, judge=judge)
    from rlmr.engines.trl import check_policy  # and TRL with it; seconds

    check_policy(locate(author.model), "MODEL")
    return of_model(author.model, plain)


def of_run(run: Run, kept: Kept, *, score: bool = True, judge: bool = True) -> Source:
    """The policy of a run, sampled as it was trained, with the run's reward model, verifiers and gates.

    Without `judge` only programs decide. Raises ModelError, RecipeError or EndpointError where one of them
    cannot be had.
    """
    recipe = check_recipe(run.config, str(run.folder / "config.yaml"))
    model, tokenizer = load_kept(run, kept)
    name = f"{run.folder} ({kept.which}, step {kept.step})"
    return Source(
        _local(model, tokenizer, recipe.grpo.get("chat_template_kwargs")),
        name,
        trained_sampling(recipe),
        load_scorer(recipe.reward) if score else None,
        load_verify(recipe) if judge else verify_all,
        choose_gates(recipe.gates),
    )


def of_model(name: str, sampling: Sampling) -> Source:
    """A folder or a Hugging Face name of a causal language model. Raises ModelError or ValueError."""
    model, tokenizer = load_policy(locate(name))
    return Source(_local(model, tokenizer, None), name, sampling, gates=choose_gates(True))


def of_server(client: Client, sampling: Sampling) -> Source:
    """A model behind an OpenAI-compatible server."""
    writer = EndpointWriter(client)

    def one(task: Task, sampling: Sampling) -> Completion | Missing:
        [text] = next(writer.write([task], sampling, ())).values()
        return text

    def write(task: Task, count: int, chosen: Sampling) -> Iterable[Completion | Missing]:
        """All at once, each with a seed of its own: a client asks the same question only once."""
        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(lambda i: one(task, replace(chosen, seed=chosen.seed + i)), range(count)))

    return Source(write, f"{writer.name} at {client.endpoint.base_url}", sampling, gates=choose_gates(True))


def _local(
    model: Any, tokenizer: Any, template: Mapping[str, Any] | None
) -> Callable[[Task, int, Sampling], Iterator[Completion]]:
    def write(task: Task, count: int, sampling: Sampling) -> Iterator[Completion]:
        batches = generate_batches(model, tokenizer, [task.prompt] * count, sampling, template=template)
        found = {place: one for batch in batches for place, one in batch.items()}
        return (found[i] for i in range(count))

    return write


def trained_sampling(recipe: Recipe) -> Sampling:
    """The sampling settings of a run's training; TRL's defaults where the recipe says nothing."""
    grpo = recipe.grpo
    return Sampling(
        max_new_tokens=int(grpo.get("max_completion_length") or 512),
        temperature=float(grpo.get("temperature", 1.0)),
        top_p=float(grpo.get("top_p", 1.0)),
        top_k=int(grpo.get("top_k", 0)),
        seed=recipe.seed,
        batch_size=64,
    )
