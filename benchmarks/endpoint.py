"""How fast the endpoint client is: against a 1 s server, a 50 ms server beside OpenAI's SDK, and cached.

    python -m benchmarks.endpoint [--json FILE]

The server is the fake one, in a process of its own on the same machine. Prompts have about 1,500 characters;
128 requests are in flight. Contestants take turns; each number is the median over the repetitions.
"""

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import openai

from rlmr.endpoint import Chat, Client, Endpoint

IN_FLIGHT = 128
TEXT = "The fox carried a lantern over the river and would not say why. " * 23


@contextlib.contextmanager
def fake(latency_s: float) -> Iterator[str]:
    """A fake server in another process; its base URL."""
    command = [sys.executable, "-m", "rlmr.endpoint.fake", "--latency", str(latency_s)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def chats(count: int, run: int) -> list[Chat]:
    """Questions that no other run asks."""
    return [Chat(({"role": "user", "content": f"{run} {n} {TEXT}"},), max_tokens=64) for n in range(count)]


def with_rlmr(url: str, questions: list[Chat], cache: Path | None) -> None:
    """Ask with the client; every reply has to be right."""
    with Client(Endpoint(url, "fake", max_in_flight=IN_FLIGHT, cache=cache)) as client:
        replies = client.ask_all(questions)
    for question, reply in zip(questions, replies, strict=True):
        if reply.text != question.messages[0]["content"]:
            raise SystemExit(f"a wrong reply: {reply}")


def with_sdk(url: str, questions: list[Chat]) -> None:
    """Ask with the OpenAI SDK as it comes, and a semaphore around it."""

    async def ask() -> None:
        slots = asyncio.Semaphore(IN_FLIGHT)
        async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as sdk:

            async def one(question: Chat) -> None:
                async with slots:
                    reply = await sdk.chat.completions.create(
                        model="fake", messages=list(question.messages), max_tokens=64, temperature=0.0
                    )
                if reply.choices[0].message.content != question.messages[0]["content"]:
                    raise SystemExit("a wrong reply")

            await asyncio.gather(*map(one, questions))

    asyncio.run(ask())


def rate(count: int, work: Callable[[], None]) -> dict[str, float]:
    """Calls per second, milliseconds of this process's CPU time per call, and the machine's load."""
    start, cpu = time.perf_counter(), time.process_time()
    work()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    return {"per_s": count / seconds, "cpu_ms": 1e3 * cpu / count, "load": os.getloadavg()[0]}


def measure(repeats: int) -> dict[str, list[dict[str, float]]]:
    """All numbers, by contestant."""
    seen: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as folder, fake(1.0) as slow, fake(0.05) as quick:
        with_rlmr(quick, chats(500, -1), None)  # warm up
        with_sdk(quick, chats(100, -2))
        for run in range(repeats):
            cache = Path(folder) / f"{run}.sqlite"
            second, many, few = chats(1280, run), chats(5000, 100 + run), chats(1500, 200 + run)
            turns = {
                "1 s server": (second, lambda q: with_rlmr(slow, q, None)),
                "50 ms server": (many, lambda q: with_rlmr(quick, q, None)),
                "50 ms server, OpenAI SDK": (few, lambda q: with_sdk(quick, q)),
                "50 ms server, filling the cache": (many, lambda q, at=cache: with_rlmr(quick, q, at)),
                "cached": (many, lambda q, at=cache: with_rlmr(quick, q, at)),
            }
            for name, (questions, work) in turns.items():
                result = rate(len(questions), lambda work=work, questions=questions: work(questions))
                seen.setdefault(name, []).append(result)
    return seen


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    seen = measure(options.repeats)
    print(f"{IN_FLIGHT} in flight, {os.cpu_count()} cores, median of {options.repeats} (least to most)")
    for name, results in seen.items():
        rates = sorted(result["per_s"] for result in results)
        cpu = statistics.median(result["cpu_ms"] for result in results)
        load = statistics.mean(result["load"] for result in results)
        spread = f"({rates[0]:.0f} to {rates[-1]:.0f})"
        rest = f"{cpu:6.2f} ms CPU per call, load {load:.1f}"
        print(f"  {name:34}{statistics.median(rates):8.0f} /s {spread:18}{rest}")
    share = statistics.median(result["per_s"] for result in seen["1 s server"]) / IN_FLIGHT
    print(f"1 s server: {share:.0%} of the ideal {IN_FLIGHT} calls/s")
    if options.json:
        options.json.write_text(json.dumps(seen, indent=1) + "\n")


if __name__ == "__main__":
    main()
