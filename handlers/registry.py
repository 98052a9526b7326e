"""The registry of events: a decorator line is the contract, and all documents come from it."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from config.limits import parse_limit
from handlers.envelope import Envelope, answering, loading
from schemas.base import Broadcast, Empty, Reply, Request

Handler = Callable[..., Any]
DEFAULT_LIMIT = "60/10s"


class Who(StrEnum):
    """Who may send an event at all; what they may do it to is the models' to decide."""

    USER = "user"
    ACCOUNT = "account"
    MODERATOR = "moderator"
    ADMIN = "admin"


@dataclass(frozen=True)
class Event:
    """An event that clients may send."""

    name: str
    request: type[Request]
    reply: type[Reply] | None
    many: bool
    who: Who
    limit: str
    handler: Handler

    @cached_property
    def waits(self) -> bool:
        """Whether the handler has anything to wait for: one that has not is a plain function."""
        return inspect.iscoroutinefunction(self.handler)

    @cached_property
    def load(self) -> Callable[[Any], dict[str, Any]]:
        """Makes the handler's arguments of a payload, or says what is wrong with it."""
        return loading(self.request)

    @cached_property
    def answer(self) -> Callable[[Any], Envelope]:
        """Makes the acknowledgement of what the handler returned."""
        return answering(self.reply, many=self.many)

    @property
    def summary(self) -> str:
        return inspect.cleandoc(self.handler.__doc__ or "")


EVENTS: dict[str, Event] = {}


def event(
    name: str,
    request: type[Request] = Empty,
    *,
    reply: type[Reply] | None = None,
    many: bool = False,
    who: Who = Who.USER,
    limit: str = DEFAULT_LIMIT,
) -> Callable[[Handler], Handler]:
    """Declare the handler of `name`. `limit` is per user: `"20/10s"`; `many`: a list of `reply`."""

    def register(handler: Handler) -> Handler:
        if name in EVENTS:
            raise ValueError(f"{name} has two handlers.")
        if not handler.__doc__:
            raise ValueError(f"{name} does not say what it does.")
        parse_limit(limit)
        EVENTS[name] = Event(name, request, reply, many, who, limit, handler)
        return handler

    return register


def broadcasts() -> dict[str, type[Broadcast]]:
    """The events that the server says by itself, by name."""
    return dict(sorted(Broadcast.declared.items()))
