"""Access tokens end: their sockets are warned a minute before, and end with them."""

import asyncio

from handlers.caller import Caller
from handlers.services import Services
from schemas.session import SessionEnded, SessionExpiring

LOOK_EVERY_S = 0.5
EXPIRING_MS = 60_000.0


async def watch_expiries(services: Services) -> None:
    """Look at all sockets again and again: a timer for each would take more than a kilobyte."""
    while True:
        now_ms = services.clock.now_ms()
        for caller in list(services.callers.values()):
            if caller.expires_at_ms - now_ms < EXPIRING_MS and not caller.gone:
                look_at(caller, now_ms)
        await asyncio.sleep(LOOK_EVERY_S)


def look_at(caller: Caller, now_ms: float) -> None:
    """Warn or end a socket whose token is about to end."""
    if not caller.warned:
        caller.warned = True
        caller.send(SessionExpiring, {"expires_at": caller.expires_at})
    if caller.expires_at_ms <= now_ms and not caller.ending:
        caller.ending = True
        end = end_socket(caller, "token_expired", reconnect=True)
        caller.services.tasks.start(end, f"expire-{caller.sid}")


async def end_socket(caller: Caller, code: str, *, reconnect: bool) -> None:
    """Say why, then disconnect; the stock client does not come back by itself."""
    caller.send(SessionEnded, {"code": code, "reconnect": reconnect})
    await caller.services.sio.disconnect(caller.sid)
