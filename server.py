"""Soundroom's server: reads the settings, wires the parts, serves until it is told to stop."""

import asyncio
import errno
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any, cast

import structlog
import uvloop
from aiohttp import web
from dotenv import load_dotenv

from config.logging import configure_logging
from config.redis import REDIS_DOWN, open_redis
from config.settings import Settings, SettingsError
from handlers import catalogue
from handlers.http.app import make_app
from handlers.lifecycle import drain, running
from realtime.door import Door, MakeHttp
from realtime.engine import Engine

log = structlog.get_logger(__name__)
__all__ = ["catalogue", "main"]

BACKLOG = 1024
# aiohttp would wait an hour for a connection's next request.
HTTP: dict[str, Any] = {"access_log": None, "handle_signals": False, "keepalive_timeout": 75}
NO_REDIS: tuple[type[Exception], ...] = (*REDIS_DOWN, ValueError)


def main() -> int:
    """Run; what keeps the server from starting is said in one sentence, and the exit code is 2."""
    load_dotenv(Path(__file__).with_name(".env"), override=False)
    try:
        settings = Settings.from_env(os.environ)
        configure_logging(settings.log_level, settings.log_format)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings))
    except SettingsError as error:
        print(f"soundroom: {error}", file=sys.stderr)
        return 2
    return 0


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then drain."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await ask_redis(settings.redis_url)
    async with running(settings) as services:
        runner = web.AppRunner(make_app(services), **HTTP)
        await runner.setup()
        try:
            server = await listen(runner, services.sio.eio, settings.host, settings.port)
            log.info("serving", url=url_of(server, settings.host))
            await stop.wait()
            await drain(services)
            server.close()
        finally:
            await runner.cleanup()


async def ask_redis(url: str) -> None:
    """See whether Redis answers, so that a wrong `REDIS_URL` is called by its name."""
    try:
        redis = open_redis(url)
        await redis.ping()
        await redis.aclose()
    except NO_REDIS as error:
        why = " ".join(str(error).replace(". ", ", ").split()).rstrip(".")
        raise SettingsError(f"REDIS_URL names no Redis that we can use: {why}.") from None


async def listen(runner: web.AppRunner, engine: Engine, host: str, port: int) -> asyncio.Server:
    """Open the port."""
    loop, http = asyncio.get_running_loop(), cast("MakeHttp", runner.server)
    try:
        return await loop.create_server(partial(Door, engine, http), host, port, backlog=BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(f"PORT {port} is in use by another program.") from None
        if error.errno == errno.EACCES:
            raise SettingsError(f"PORT {port} is not open to this user.") from None
        raise SettingsError(f"HOST {host!r} is no address of this machine.") from None


def url_of(server: asyncio.Server, host: str) -> str:
    """Where it serves; the port may have been chosen by the system."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{server.sockets[0].getsockname()[1]}"


if __name__ == "__main__":
    sys.exit(main())
