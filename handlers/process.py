"""One process that serves: wires the parts, opens the port, drains when it is told to stop."""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from typing import Any, cast

import structlog
import uvloop
from aiohttp import web

from config.redis import REDIS_DOWN, open_redis
from config.settings import Settings, SettingsError
from handlers import catalogue
from handlers.http.app import make_app
from handlers.lifecycle import drain, running
from handlers.services import Services
from realtime.descriptors import adopt_into
from realtime.door import Door, MakeHttp
from realtime.neighbours import Neighbours
from realtime.port import refusal, url_of
from realtime.supervisor import supervised

MakeDoor = Callable[[], Door]

log = structlog.get_logger(__name__)
__all__ = ["catalogue", "run"]

BACKLOG = 1024
# aiohttp would wait an hour for a connection's next request.
HTTP: dict[str, Any] = {"access_log": None, "handle_signals": False, "keepalive_timeout": 75}
NO_REDIS: tuple[type[Exception], ...] = (*REDIS_DOWN, ValueError)


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; `SettingsError` where we cannot."""
    if settings.worker:
        structlog.contextvars.bind_contextvars(worker=settings.worker)
    spare_the_collector()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(settings))


def spare_the_collector() -> None:
    """Have what is loaded looked at no more, and what sockets keep not so often.

    There are few cycles here, and many objects that live as long as their sockets: to go through
    all of them costs a server with thousands tens of milliseconds each time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


async def serve(settings: Settings) -> None:
    """Serve until told to stop, then drain."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    alone = nullcontext(lambda: None)
    with supervised(settings.supervisor_fd, stop) if settings.worker else alone as say_serving:
        await ask_redis(settings.redis_url)
        async with running(settings) as services, serving(services, say_serving):
            await stop.wait()
            await drain(services)


async def ask_redis(url: str) -> None:
    """See whether Redis answers, so that a wrong `REDIS_URL` is called by its name."""
    try:
        redis = open_redis(url)
        await redis.ping()
        await redis.aclose()
    except NO_REDIS as error:
        why = " ".join(str(error).replace(". ", ", ").split()).rstrip(".")
        raise SettingsError(f"REDIS_URL names no Redis that we can use: {why}.") from None


@asynccontextmanager
async def serving(services: Services, say_serving: Callable[[], None]) -> AsyncIterator[None]:
    """Answer at the port until the block ends."""
    settings = services.settings
    app = make_app(services)
    neighbours = _neighbours(settings)
    if neighbours is not None:
        app.middlewares.insert(0, neighbours.middleware)
    runner = web.AppRunner(app, **HTTP)
    await runner.setup()
    engine = services.sio.eio
    make_door = partial(Door, engine, cast("MakeHttp", runner.server))
    if neighbours is not None:
        engine.neighbours, neighbours.adopt = neighbours, adopt_into(make_door)
    try:
        async with (
            nullcontext() if neighbours is None else neighbours.reachable(runner),
            listening(make_door, settings) as url,
        ):
            log.info("worker serving" if settings.worker else "serving", url=url)
            say_serving()
            yield
    finally:
        await runner.cleanup()


def _neighbours(settings: Settings) -> Neighbours | None:
    """The other workers, where there are any."""
    if settings.workers_dir is None:
        return None
    return Neighbours(settings.workers_dir, settings.worker, settings.workers)


@asynccontextmanager
async def listening(make_door: MakeDoor, settings: Settings) -> AsyncIterator[str]:
    """Hold the port open, which workers share, until the block ends; gives the server's URL."""
    host, port, shared = settings.host, settings.port, settings.worker > 0
    loop = asyncio.get_running_loop()
    try:
        server = await loop.create_server(
            make_door, host, port, backlog=BACKLOG, reuse_port=shared or None
        )
    except OSError as error:
        raise refusal(error, host, port) from None
    try:
        yield url_of(host, port or server.sockets[0].getsockname()[1])
    finally:
        server.close()
