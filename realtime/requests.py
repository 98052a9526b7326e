"""Requests of polling clients, as bytes and text."""

from aiohttp import StreamReader, web

from realtime.body import read_at_most
from realtime.upgrade import END


def as_sent(request: web.Request) -> bytes:
    """The head of a request, once more as bytes."""
    line = f"{request.method} {request.raw_path} HTTP/1.1".encode()
    return b"\r\n".join([line, *(b": ".join(field) for field in request.raw_headers)]) + END


async def read_text(stream: StreamReader, most_bytes: int) -> str | None:
    """A whole body as text; None where it is none, too large, or breaks off."""
    try:
        body = await read_at_most(stream, most_bytes)
        return body.decode() if body else None
    except (UnicodeDecodeError, ConnectionError, web.RequestPayloadError):
        return None
