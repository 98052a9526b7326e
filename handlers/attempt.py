"""Work that nobody waits for: a failure is logged, and never ends the task that does it."""

from collections.abc import Awaitable

import structlog

from handlers.envelope import AWAY

log = structlog.get_logger(__name__)


async def attempt(work: Awaitable[object], name: str) -> bool:
    """Do `work`; False where it failed, which whoever comes next to it may do better."""
    try:
        await work
    except AWAY as error:
        log.warning("work put off", work=name, error=type(error).__name__)
    except Exception as error:  # somebody should know, but the task that does it must live
        log.error("work failed", work=name, exc_info=error)  # noqa: TRY400
    else:
        return True
    return False
