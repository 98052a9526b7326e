"""`/health`, `/health/ready`, `/metrics`: for those who watch over the server."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST
from tortoise import Tortoise

from handlers.envelope import failure
from handlers.http.routes import SERVICES
from handlers.metrics import exposition
from handlers.services import Services
from models.errors import Unavailable

PROBE_S = 2.0


async def health(_request: web.Request) -> web.Response:
    """The process lives and its event loop turns."""
    return web.json_response({"success": True, "data": {"status": "alive"}})


async def ready(request: web.Request) -> web.Response:
    """Whether this process should get traffic: each thing it needs, with its state."""
    services = request.app[SERVICES]
    probes = {"database": _database(), "redis": _redis(services), "bus": _bus(services)}
    states = await asyncio.gather(*(_state(probe) for probe in probes.values()))
    found: dict[str, Any] = dict(zip(probes, states, strict=True))
    found["server"] = "draining" if services.draining.is_set() else "ok"
    if all(state == "ok" for state in found.values()):
        return web.json_response({"success": True, "data": found})
    envelope = failure(Unavailable("Not everything that is needed is there."))
    return web.json_response(envelope | {"data": found}, status=503)


async def metrics(_request: web.Request) -> web.Response:
    """All figures, as Prometheus reads them."""
    # In a thread: the figures of several workers are read from files.
    text = await asyncio.to_thread(exposition)
    return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})


def add_health_routes(app: web.Application) -> None:
    """Serve them without rate limits: whoever watches asks often."""
    app.router.add_get("/health", health)
    app.router.add_get("/health/ready", ready)
    app.router.add_get("/metrics", metrics)


async def _state(probe: Awaitable[None]) -> str:
    try:
        async with asyncio.timeout(PROBE_S):
            await probe
    except Exception:  # noqa: BLE001 - whatever it is, the thing is not there
        return "unavailable"
    return "ok"


async def _database() -> None:
    await Tortoise.get_connection("default").execute_query("SELECT 1")


async def _redis(services: Services) -> None:
    await services.redis.ping()


async def _bus(services: Services) -> None:
    if not services.manager.is_alive():
        raise Unavailable
