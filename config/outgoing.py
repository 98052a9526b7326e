"""Requests that we make of others: bounded in time and size, and nothing of theirs is followed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp

TIME_LIMIT_S = 5.0
MAX_BODY_BYTES = 256 * 1024
MAX_CONNECTIONS = 32
CHUNK_BYTES = 16 * 1024
# What is packed could grow without bound when it is unpacked.
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}


class NoAnswerError(Exception):
    """Who was asked did not answer in time, or not with what can be read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status below 500 with a JSON object."""

    status: int
    data: dict[str, Any]


class Outgoing:
    """Asks other servers. What it opens with the first request, it closes at the end."""

    def __init__(self, time_limit_s: float = TIME_LIMIT_S) -> None:
        self._time_limit_s = time_limit_s
        self._session: aiohttp.ClientSession | None = None

    async def ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: str | None = None,
    ) -> Answer:
        """What `url` answers; `NoAnswerError` where that is nothing to go on with."""
        session = self._session = self._session or self._open()
        asked = session.request(method, url, headers=headers, data=body, allow_redirects=False)
        try:
            async with asked as response:
                data = json.loads(await _read(response))
        except (aiohttp.ClientError, OSError, ValueError, RecursionError) as error:
            raise NoAnswerError(type(error).__name__) from None
        too_many = response.status == HTTPStatus.TOO_MANY_REQUESTS
        if response.status >= 500 or too_many or not isinstance(data, dict):
            raise NoAnswerError(f"status {response.status}")
        return Answer(response.status, data)

    def _open(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=MAX_CONNECTIONS),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._time_limit_s),
            auto_decompress=False,
            headers=HEADERS,
        )

    async def close(self) -> None:
        """Nothing is asked any more."""
        if self._session is not None:
            await self._session.close()


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise ValueError(response.status)
    return bytes(body)
