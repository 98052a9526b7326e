"""Logs by structlog: one line an occurrence, text for people or JSON for machines."""

import logging
import sys
from contextvars import ContextVar
from uuid import UUID

import structlog
from aiohttp.http_exceptions import HttpProcessingError

# Whether each event is worth a line: its level is set here, and the dispatcher asks for it once.
EACH_EVENT = "soundroom.events"

# Whatever slips into a log line under one of these names does not reach the log.
HIDDEN = frozenset(
    {"token", "access_token", "refresh_token", "password", "authorization", "content", "secret"}
)

# On what occasion a line is written: an event's name, and who sent it.
occasion: ContextVar[tuple[str, UUID] | None] = ContextVar("occasion", default=None)


def configure_logging(level: str, fmt: str) -> None:
    """Set up structlog and the standard library's loggers to write to standard error."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if fmt == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            add_occasion,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            hide,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.getLogger(EACH_EVENT).setLevel(threshold)
    logging.basicConfig(level=max(threshold, logging.WARNING), stream=sys.stderr, force=True)
    # The transport's libraries log whole packets, and so the messages of people.
    for name in ("engineio", "socketio", "engineio.server", "socketio.server"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    logging.getLogger("aiohttp.server").addFilter(is_ours)
    # While the database is away it writes a traceback each second; we say so ourselves.
    logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)


def is_ours(record: logging.LogRecord) -> bool:
    """Whether a line is of an error of ours: what clients send is refused, and that is all."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


def add_occasion(
    _logger: object, _method: str, line: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Say of which event, and of whom, a line is."""
    if (current := occasion.get()) is not None:
        line["event_name"], line["user_id"] = current[0], str(current[1])
    return line


def hide(
    _logger: object, _method: str, line: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Blank every value whose name says that it is nobody else's business."""
    for key in HIDDEN & line.keys():
        line[key] = "[hidden]"
    return line
