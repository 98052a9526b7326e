"""A browser: keeps cookies, and goes where it is sent, a step at a time."""

from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp

Json = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """What a browser was answered."""

    status: int
    headers: Any
    body: Any

    @property
    def target(self) -> str:
        """Where it is sent."""
        assert self.status == 302, self.body
        location: str = self.headers["Location"]
        return location

    @property
    def query(self) -> dict[str, str]:
        """The parameters of where it is sent."""
        return query_of(self.target)

    @property
    def code(self) -> str:
        """Of a refusal: its code."""
        code: str = self.body["code"]
        return code


def query_of(url: str) -> dict[str, str]:
    """Its parameters."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


class Browser:
    """Somebody's, for an `async with`."""

    def __init__(self) -> None:
        jar = aiohttp.CookieJar(unsafe=True)
        self._session = aiohttp.ClientSession(cookie_jar=jar)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._session.close()

    async def visit(self, url: str, **headers: str) -> Page:
        """One step."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self._session.get(url, headers=names, allow_redirects=False) as response:
            is_json = response.content_type == "application/json"
            body = await (response.json() if is_json else response.text())
            return Page(response.status, response.headers, body)

    async def begin(self, url: str, provider: str = "google", **query: str) -> Page:
        """To the provider."""
        return await self.visit(f"{url}/auth/{provider}?{urlencode(query)}")

    async def back_from(self, url: str, provider: str = "google", **query: str) -> str:
        """To the provider, and up to the address to which that sends it back."""
        begun = await self.begin(url, provider, **query)
        return (await self.visit(begun.target)).target

    async def come_back(self, url: str, provider: str = "google", **query: str) -> Page:
        """All the way: what the callback answers."""
        return await self.visit(await self.back_from(url, provider, **query))
