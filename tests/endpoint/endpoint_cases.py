"""A judge's questions and true answers, for the fake server, and what a strict reader accepts."""

import json
from pathlib import Path

from rlmr.endpoint import BadReply, Chat, Endpoint
from rlmr.endpoint.fake import FakeServer as FakeServer
from rlmr.endpoint.fake import Request

SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "evidence": {"type": "string"},
        "verdict": {"enum": ["pass", "fail"]},
    },
    "required": ["id", "evidence", "verdict"],
    "additionalProperties": False,
}


def question(number: int) -> Chat:
    text = f"{number} The fox number {number} ran home over hill {number * 7919 % 1009}."
    return Chat(({"role": "user", "content": text},), schema=SCHEMA, max_tokens=64, key="v1")


def truth(number: int) -> dict:
    return {"id": number, "evidence": f"fox number {number}", "verdict": "pass" if number % 3 else "fail"}


def answer(request: Request) -> str:
    return json.dumps(truth(int(request.text.split()[0])))


def accept(text: str) -> dict:
    """Any number's answer, if it is a whole one."""
    try:
        value = json.loads(text)
    except ValueError:
        raise BadReply("not JSON", text[:40]) from None
    if value.get("verdict") not in {"pass", "fail"}:
        raise BadReply("no verdict")
    return value


def accept_for(number: int):
    """What a judge's reader checks: the id asked for, and evidence that stands in the text."""

    def check(text: str) -> dict:
        value = accept(text)
        if value["id"] != number:
            raise BadReply("wrong ids", f"asked {number}, got {value['id']}")
        if value["evidence"] not in question(number).messages[0]["content"]:
            raise BadReply("evidence not in the text")
        return value

    return check


def endpoint(server: FakeServer, cache: Path | None = None, **settings) -> Endpoint:
    values = {"backoff_s": 0.01, "timeout_s": 5.0} | settings
    return Endpoint(server.base_url, "judge", cache=cache, **values)
