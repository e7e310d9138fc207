"""Judges on the fake server: one that reads the requirement with a program, and how to reach it."""

import contextlib
import json
import re

from rlmr.endpoint import Client, Endpoint
from rlmr.endpoint.fake import FakeServer
from rlmr.verifiers.judge import Judge
from rlmr.verifiers.judge.gullible import asks, parts


def honest(request):
    """Finds what has to be in the text as a substring; quotes "like a ..." as similes, capitals as names."""
    name, question, response = parts(request)
    if "Quote each simile" in question:
        quotes = [{"label": "simile", "quote": m.group()} for m in re.finditer(r"like an? \w+", response)]
        return json.dumps({"id": name, "quotes": quotes})
    if "Quote the name" in question:
        names = dict.fromkeys(m.group() for m in re.finditer(r"[A-Z][a-z]+(?: [A-Z][a-z]+)?", response))
        return json.dumps({"id": name, "quotes": [{"label": "name", "quote": n} for n in names]})
    wanted = re.search(r"(?:in the text: |tone that is |文中要有：|文中不得出现：)(.*)[.。]\n", question)[1]
    there = wanted in response
    forbidden = "Let this not" in question or "不得出现" in question
    verdict = "pass" if there != forbidden else "fail"
    return json.dumps({"id": name, "evidence": wanted if there else "", "verdict": verdict})


@contextlib.contextmanager
def judging(answer=honest, *, cache=None, judge=None, **server):
    """A judge, and the fake server that it asks."""

    def reply(request):
        return answer(request) if asks(request) else "The sea is wide."  # a canary

    with FakeServer(reply, **server) as running:
        endpoint = Endpoint(
            running.base_url, "fake", timeout_s=2, retries=0, retries_rejected=0, backoff_s=0.01, cache=cache
        )
        with Client(endpoint) as client:
            yield Judge(client, **(judge or {})), running
