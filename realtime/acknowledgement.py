"""Acknowledgements as they go over the wire."""

from typing import Any
from uuid import uuid4

import orjson
import structlog

log = structlog.get_logger(__name__)


def acknowledgement(number: int, answer: Any) -> bytes:
    """Engine.IO's packet that answers event `number`; what cannot be encoded is `internal`."""
    try:
        encoded = orjson.dumps([] if answer is None else [answer])
    except TypeError:
        error_id = uuid4().hex
        log.exception("unexpected error", error_id=error_id)
        sentence = "Something went wrong on our side."
        refusal = {"success": False, "error": sentence, "code": "internal", "errorId": error_id}
        encoded = orjson.dumps([refusal])
    return b"43%d%b" % (number, encoded)
