"""Who writes an evaluation's texts: a local model, a server, or a file of texts that are there already."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from rlmr.data import DataError, Task, prompt_text, read_rows, to_prompt, to_text
from rlmr.endpoint import Chat, Client, Reply
from rlmr.evals.generate import Completion, Sampling, generate_batches


@dataclass(frozen=True, slots=True)
class Missing:
    """No text could be had: neither an empty one nor a bad one."""

    cause: str
    """Short, as it is counted: 'timeout', 'refused'."""


Written = dict[int, Completion | Missing]
"""By the place of the task: its text, or why there is none."""


class Writer(Protocol):
    """Writes texts for tasks."""

    @property
    def name(self) -> str:
        """Who it is, as results show it."""

    def write(
        self, tasks: Sequence[Task], sampling: Sampling, done: Container[int], sample: int = 0
    ) -> Iterator[Written]:
        """What was written, part after part, each finished when it comes; tasks whose place is in `done` are
        not needed. `sample` says which of each task's texts is wanted, from 0: each has seeds of its own. The
        same sampling gives the same parts, so that a stopped evaluation can go on."""


@dataclass(frozen=True, slots=True)
class LocalWriter:
    """A causal language model of transformers, from a folder or a Hugging Face name."""

    name: str
    """As the user named it."""
    load: Callable[[], tuple[Any, Any]]
    """Gives the model and its tokenizer (padding on the left), when there is something to write."""

    def write(
        self, tasks: Sequence[Task], sampling: Sampling, done: Container[int], sample: int = 0
    ) -> Iterator[Written]:
        """See `Writer`; a part is a batch. Raises ValueError: see `generate_batches`."""
        if all(i in done for i in range(len(tasks))):
            return
        model, tokenizer = self.load()
        prompts = [task.prompt for task in tasks]
        for batch in generate_batches(model, tokenizer, prompts, seeded(sampling, sample), done):
            yield dict(batch)


@dataclass(frozen=True, slots=True)
class EndpointWriter:
    """A model behind an OpenAI-compatible server. Failures are missing texts, with their cause."""

    client: Client
    together: int = 256
    """Texts that are asked for together; what they bring is kept before the next are asked for."""

    @property
    def name(self) -> str:
        """The model, as the server knows it."""
        return self.client.endpoint.model

    def write(
        self, tasks: Sequence[Task], sampling: Sampling, done: Container[int], sample: int = 0
    ) -> Iterator[Written]:
        """See `Writer`. The server gets temperature, top_p, seed, and top_k (vLLM's) where there is one."""
        sampling = seeded(sampling, sample)
        left = [i for i in range(len(tasks)) if i not in done]
        for start in range(0, len(left), self.together):
            part = left[start : start + self.together]
            replies = self.client.ask_all([_chat(tasks[i], sampling) for i in part])
            yield {i: _read(reply) for i, reply in zip(part, replies, strict=True)}


@dataclass(frozen=True, slots=True)
class FileWriter:
    """Texts that somebody has sampled already: rows of `completion` or `response` with `id` or `key`, or with
    the `prompt` itself."""

    path: Path
    samples: int = 1
    """Texts of a task, at most; the first in the file is sample 0."""

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def digest(self) -> str:
        """16 hexadecimal digits of what the file holds. Raises DataError where there is none."""
        if not self.path.is_file():
            raise DataError(f"{self.path}: no such file")
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]

    def write(
        self, tasks: Sequence[Task], sampling: Sampling, done: Container[int], sample: int = 0
    ) -> Iterator[Written]:
        """See `Writer`. Raises DataError for a row without a text, and for a text of a task too many."""
        by_id, by_prompt = self._read()
        found = [by_id.get(task.id) or by_prompt.get(task.prompt_text) or [] for task in tasks]
        yield {
            i: texts[sample] if sample < len(texts) else Missing("not in the file")
            for i, texts in enumerate(found)
            if i not in done
        }

    def _read(self) -> tuple[dict[str, list[Completion]], dict[str, list[Completion]]]:
        by_id: dict[str, list[Completion]] = {}
        by_prompt: dict[str, list[Completion]] = {}
        for line, row in read_rows(self.path):
            try:
                text = to_text(row)
            except DataError as error:
                raise DataError(f"{self.path}:{line}: {error}") from None
            key = row.get("id", row.get("key"))
            if key is None and "prompt" not in row:
                raise DataError(f"{self.path}:{line}: id: missing; give id, key or prompt")
            table = by_prompt if key is None else by_id
            name = prompt_text(to_prompt(row["prompt"])) if key is None else str(key)
            texts = table.setdefault(name, [])
            if len(texts) == self.samples:
                raise DataError(
                    f"{self.path}:{line}: a text too many for {name!r:.60}: {self.samples} of each task are "
                    f"read; --samples says how many"
                )
            texts.append(Completion(text, None, bool(row.get("finished", True))))
        if not by_id and not by_prompt:
            raise DataError(f"{self.path}: the file holds no rows")
        return by_id, by_prompt


SAMPLE_STEP = 15_485_863
"""Between the seeds of a task's texts; no multiple of it is near a batch's (`generate.SEED_STEP`)."""


def seeded(sampling: Sampling, sample: int) -> Sampling:
    """The sampling of a task's text number `sample`: the first has the seed itself.

    >>> seeded(Sampling(seed=7), 0).seed, seeded(Sampling(seed=7), 1).seed
    (7, 15485870)
    """
    return replace(sampling, seed=sampling.seed + sample * SAMPLE_STEP)


def _chat(task: Task, sampling: Sampling) -> Chat:
    """The request for one text."""
    messages = [{"role": "user", "content": task.prompt}] if isinstance(task.prompt, str) else task.prompt
    extra = {"top_p": sampling.top_p, "seed": sampling.seed}
    if sampling.top_k:
        extra["top_k"] = sampling.top_k
    return Chat(messages, max_tokens=sampling.max_new_tokens, temperature=sampling.temperature, extra=extra)


def _read(reply: Reply) -> Completion | Missing:
    """A reply as a text; a server that gives no reason for the end is taken to have ended the text."""
    if reply.text is None:
        return Missing(reply.error.partition(" after ")[0])
    return Completion(reply.text, reply.tokens_out, reply.finish != "length")
