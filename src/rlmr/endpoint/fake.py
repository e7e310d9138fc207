"""A fake server on loopback, for tests and for trying out: a real HTTP server with faults on demand.

    python -m rlmr.endpoint.fake --latency 0.5 --fault 500=0.1 --fault prose=0.05

The fault of a request depends on its body, on how often that body has come, and on the seed, never on the
order in which requests come: the same questions meet the same faults.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from aiohttp import web

from rlmr.endpoint.faults import FAULTS, check_faults, example, keeps, spoil
from rlmr.endpoint.messages import CHAT_PATH
from rlmr.endpoint.settings import EndpointError

KEPT = 20_000
"""Requests that a server remembers."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent."""

    path: str
    body: dict[str, Any]

    @property
    def text(self) -> str:
        """Content of the last message; '' where there is none."""
        messages = self.body.get("messages") or [{}]
        return str(messages[-1].get("content", ""))

    @property
    def schema(self) -> dict[str, Any] | None:
        """The JSON schema asked for."""
        wanted = self.body.get("response_format") or {}
        schema: dict[str, Any] | None = (wanted.get("json_schema") or {}).get("schema")
        return schema


AnswerFunction = Callable[[Request], str | dict[str, Any]]
"""Gives a chat's text, or the whole JSON body of any reply."""


def echo(request: Request) -> str | dict[str, Any]:
    """The last message's text back; to another path, the body."""
    return request.text if request.path.endswith(CHAT_PATH) else {"echo": request.body}


class FakeServer:
    """An OpenAI-compatible server on 127.0.0.1 in a thread of its own; begins with `start` or `with`.

    `answer` gives the true reply. `faults` maps names of FAULTS to shares of all requests and may be changed
    at any time. With `structured`, a chat's text that breaks the asked schema becomes the schema's simplest
    instance, as under constrained decoding; without, schemas are ignored. With `api_key`, others get 401.
    Raises EndpointError for an unknown fault and for shares above 1.

    >>> with FakeServer() as server:
    ...     server.base_url.startswith("http://127.0.0.1:")
    True
    """

    def __init__(
        self,
        answer: AnswerFunction = echo,
        *,
        faults: Mapping[str, float] | None = None,
        latency_s: float = 0.0,
        slow_s: float = 1.0,
        retry_after_s: float = 0.05,
        structured: bool = True,
        api_key: str = "",
        seed: int = 0,
        port: int = 0,
    ) -> None:
        self.answer = answer
        self.faults = check_faults(faults or {})
        self.latency_s = latency_s
        self.slow_s = slow_s
        self.retry_after_s = retry_after_s
        self.structured = structured
        self.api_key = api_key
        self.seed = seed
        self.port = port
        """0 lets the system choose; the chosen one after the start."""
        self.calls = 0
        """Requests that came."""
        self.done: Counter[str] = Counter()
        """Requests by fault; 'ok' for those without."""
        self.requests: deque[Request] = deque(maxlen=KEPT)
        """The latest requests."""
        self.most_in_flight = 0
        """Requests at the same time, at most."""
        self._in_flight = 0
        self._times: Counter[bytes] = Counter()
        self._ready = threading.Event()
        self._closing = asyncio.Event()
        self._failed: OSError | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def base_url(self) -> str:
        """What an Endpoint takes."""
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> FakeServer:
        """Serve from a thread of its own. Raises OSError where the port is taken."""
        self._ready.clear()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self.serve()), name="rlmr-fake", daemon=True
        )
        self._thread.start()
        self._ready.wait()
        if self._failed is not None:
            raise self._failed
        return self

    def stop(self) -> None:
        """Drop what is open and end."""
        if self._loop is not None and self._thread is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._closing.set)
            self._thread.join()

    def __enter__(self) -> FakeServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def serve(self) -> None:
        """Serve in this event loop until `stop`."""
        self._loop, self._closing = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(client_max_size=1 << 28)
        app.router.add_post("/{path:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", self.port, backlog=1024)
            await site.start()
            self.port = runner.addresses[0][1]
        except OSError as error:
            self._failed = error
        self._ready.set()
        if self._failed is None:
            await self._closing.wait()
        await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        """Count a request, and answer it or its fault."""
        raw = await request.read()
        if self.api_key and request.headers.get("Authorization") != f"Bearer {self.api_key}":
            return _error(401, f"Incorrect API key provided: {request.headers.get('Authorization', '')}")
        asked = Request(request.path, json.loads(raw))
        fault = self._fault(raw)
        self.calls += 1
        self.done[fault or "ok"] += 1
        self.requests.append(asked)
        self._in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self._in_flight)
        try:
            await asyncio.sleep(self.latency_s + (self.slow_s if fault == "slow" else 0.0))
            if fault == "hang":
                await self._closing.wait()
            if fault in {"hang", "drop"} and request.transport is not None:
                request.transport.abort()
            if fault == "429":
                return _error(429, "slow down", {"Retry-After": f"{self.retry_after_s:g}"})
            if fault in {"400", "500"}:
                return _error(int(fault), "something broke")
            body = json.dumps(self._body(asked, fault)).encode()
            return web.Response(
                body=body[: len(body) // 2] if fault == "cut" else body, content_type="application/json"
            )
        finally:
            self._in_flight -= 1

    def _fault(self, raw: bytes) -> str:
        """The fault of a request; '' for none."""
        name = hashlib.blake2b(raw, digest_size=8).digest()
        self._times[name] += 1
        mixed = hashlib.blake2b(b"%d %d " % (self.seed, self._times[name]) + name, digest_size=8)
        at = int.from_bytes(mixed.digest()) / 2**64
        for fault, share in self.faults.items():
            if at < share:
                return fault
            at -= share
        return ""

    def _body(self, request: Request, fault: str) -> dict[str, Any]:
        """The body of a reply, with the fault of its text."""
        answer = self.answer(request)
        if isinstance(answer, dict):
            return answer
        if request.schema is not None and self.structured and not keeps(answer, request.schema):
            answer = json.dumps(example(request.schema), ensure_ascii=False)
        content, finish = spoil(answer, fault), "length" if fault == "truncated" else "stop"
        message = {"role": "assistant", "content": content}
        if fault == "refusal":
            message["refusal"] = "I cannot help with that."
        written = sum(len(str(m.get("content"))) for m in request.body.get("messages", []))
        return {
            "id": f"fake-{self.calls}",
            "object": "chat.completion",
            "model": request.body.get("model"),
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            "usage": {"prompt_tokens": written // 4 + 1, "completion_tokens": len(content or "") // 4 + 1},
        }


def _error(status: int, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """An error in OpenAI's form."""
    return web.json_response({"error": {"message": message}}, status=status, headers=headers)


def _share(text: str) -> tuple[str, float]:
    """`name=share` of the command line."""
    name, _, share = text.partition("=")
    try:
        return name, float(share)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not name=share, such as 500=0.1") from None


def main() -> None:
    """Serve until interrupted; prints the base URL first."""
    listed = "\n".join(f"  {name:15} {what}" for name, what in FAULTS.items())
    parser = argparse.ArgumentParser(
        description="A fake OpenAI-compatible server on 127.0.0.1: it echoes the last message.",
        epilog=f"faults:\n{listed}\n\nexamples:\n  python -m rlmr.endpoint.fake --port 8000 --latency 0.5\n"
        "  python -m rlmr.endpoint.fake --fault 500=0.1 --fault prose=0.05",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="0: the system chooses")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--fault", type=_share, action="append", default=[], metavar="NAME=SHARE")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    try:
        server = FakeServer(
            faults=dict(options.fault), latency_s=options.latency, seed=options.seed, port=options.port
        ).start()
    except (EndpointError, OSError) as error:
        parser.error(str(error))
    print(server.base_url, flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
    server.stop()


if __name__ == "__main__":
    main()
