"""The registry of events and requests: what may not be declared, and how names look."""

import re
from typing import Any

import pytest
from aiohttp import web

from handlers import catalogue
from handlers.caller import Caller
from handlers.http import routes
from handlers.registry import EVENTS, event

OLD_NAMES = {"message", "typing"}


async def fine(_caller: Caller) -> None:
    """Does nothing."""


async def silent(_caller: Caller) -> None: ...


def test_a_handler_says_what_it_does_and_has_its_name_alone() -> None:
    assert catalogue.__all__
    with pytest.raises(ValueError, match="does not say"):
        event("test:silent")(silent)
    with pytest.raises(ValueError, match="two handlers"):
        event("user:me")(fine)
    with pytest.raises(ValueError, match="often"):
        event("test:often", limit="often/s")(fine)
    assert not any(name.startswith("test:") for name in EVENTS)


def test_every_event_is_named_in_the_house_style_and_described() -> None:
    for name, declared in EVENTS.items():
        assert name in OLD_NAMES or re.fullmatch(r"[a-z_]+:[a-z]+(_[a-z]+)*", name), name
        assert declared.summary.rstrip().endswith("."), name


async def test_a_refusal_of_the_web_server_itself_is_an_envelope() -> None:
    async def handler(_request: web.Request) -> web.StreamResponse:
        raise web.HTTPUnprocessableEntity

    request: Any = None
    response: Any = await routes._try(request, handler)
    assert response.status == 422
    assert '"code": "validation_failed"' in response.text
