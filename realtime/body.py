"""The body of a request, read to its end: one read may give a part of it."""

from aiohttp import StreamReader


async def read_at_most(stream: StreamReader, most_bytes: int) -> bytes | None:
    """The whole body; None where it has more bytes, of which no more than one is read."""
    body = b""
    while chunk := await stream.read(most_bytes + 1 - len(body)):
        body += chunk
        if len(body) > most_bytes:
            return None
    return body
