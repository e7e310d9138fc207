"""A server as a command's options name it."""

from __future__ import annotations

import sys
from pathlib import Path

from rlmr.endpoint.client import Client
from rlmr.endpoint.settings import Endpoint


def connect(option: str, url: str, model: str, api_key_env: str, cache: Path | None = None) -> Client:
    """The server that `option` names, tried with one question; its valid replies are kept in `cache`.

    What there is to know of it is printed on stderr. Raises EndpointError for what can be no server's
    address, and where the server gives no reply.
    """
    client = Client(Endpoint(url, model, cache=cache, api_key_env=api_key_env))
    if note := client.canary().checked(option):
        print(note, file=sys.stderr)
    return client
