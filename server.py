"""Soundroom's server: reads the settings, wires the parts, serves until it is told to stop."""

import asyncio
import os
import signal
import sys

import structlog
from aiohttp import web
from dotenv import load_dotenv

from config.database import DatabaseURLError
from config.logging import configure_logging
from config.settings import Settings, SettingsError
from handlers import catalogue
from handlers.http.app import make_app
from handlers.lifecycle import drain, running

log = structlog.get_logger(__name__)
__all__ = ["catalogue", "main"]


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then drain."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(settings) as services:
        runner = web.AppRunner(make_app(services), access_log=None, handle_signals=False)
        await runner.setup()
        try:
            site = web.TCPSite(runner, settings.host, settings.port, backlog=1024)
            await site.start()
            port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr] # noqa: SLF001
            log.info("serving", url=f"http://{settings.host}:{port}")
            await stop.wait()
            await drain(services)
        finally:
            await runner.cleanup()


def main() -> int:
    """Run; a wrong setting or a port in use ends the start with one sentence."""
    load_dotenv(override=False)
    try:
        settings = Settings.from_env(os.environ)
        configure_logging(settings.log_level, settings.log_format)
        asyncio.run(serve(settings))
    except (SettingsError, DatabaseURLError) as error:
        return fail(str(error))
    return 0


def fail(sentence: str) -> int:
    """Say why there is no server."""
    print(f"soundroom: {sentence}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
