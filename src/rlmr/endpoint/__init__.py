"""The one client of OpenAI-compatible servers: limits, retries, a cache, and a deadline that holds."""

from rlmr.endpoint.asking import Accept
from rlmr.endpoint.canary import Canary
from rlmr.endpoint.client import Client
from rlmr.endpoint.connect import connect
from rlmr.endpoint.messages import BadReply, Chat, Post, Question, Reply
from rlmr.endpoint.settings import Endpoint, EndpointError
from rlmr.endpoint.usage import Usage

__all__ = [
    "Accept",
    "BadReply",
    "Canary",
    "Chat",
    "Client",
    "Endpoint",
    "EndpointError",
    "Post",
    "Question",
    "Reply",
    "Usage",
    "connect",
]
