"""What workers of one port say to each other: a client's request may reach the wrong one.

The system spreads connections over the workers, but an Engine.IO session lives in one of them,
with whose number its id begins. A polling request is passed on to that worker, and its answer back;
of a websocket the connection itself is handed over. Both go through Unix sockets in the folder that
the workers share.
"""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import aiohttp
from aiohttp import web

from realtime.body import read_at_most
from realtime.descriptors import Adopt, give, refuse, taking

PATH = "/socket.io/"
SESSION_ID = re.compile(r"([1-9][0-9]{0,2})-[0-9a-f]+")
UNKNOWN = {"code": 1, "message": "Session ID unknown"}  # as Engine.IO says it
PEER = "X-Soundroom-Peer"
# Of one connection each, so not to be passed on.
HOP_BY_HOP = frozenset(
    [
        "connection",
        "content-length",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ]
)
MOST_BYTES = 64 * 1024
LOOK_EVERY_S = 0.5  # aiohttp tells nobody when a client leaves
LINGER_S = 2.0
ANSWER_WITHIN_S = 60.0  # more than a poll may take

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Neighbours:
    """The other workers, as worker number `worker` sees them. `adopt` takes what they hand over."""

    def __init__(self, folder: Path, worker: int, workers: int) -> None:
        self.adopt: Adopt = refuse
        self._folder = folder
        self._worker = worker
        self._others = set(range(1, workers + 1)) - {worker}
        self._sessions: dict[int, aiohttp.ClientSession] = {}
        self._asking: set[asyncio.Task[web.Response]] = set()

    def owner_of(self, sid: str) -> int | None:
        """Which other worker made the session id; None where that is us, or nobody."""
        found = SESSION_ID.fullmatch(sid)
        owner = int(found[1]) if found else self._worker
        return owner if owner in self._others else None

    @asynccontextmanager
    async def reachable(self, runner: web.AppRunner) -> AsyncIterator[None]:
        """Take what the others pass on, until the block ends; before that, serve nobody."""
        async with AsyncExitStack() as stack:
            for other in self._others:
                self._sessions[other] = await stack.enter_async_context(self._session(other))
            await web.UnixSite(runner, self._path(self._worker, "http"), backlog=1024).start()
            path = self._path(self._worker, "connections")
            await stack.enter_async_context(taking(path, self._adopt))
            yield
            # Neighbours that drain with us have last words for clients that came to us.
            with suppress(TimeoutError):
                async with asyncio.timeout(LINGER_S):
                    while self._asking:
                        await asyncio.wait(self._asking)

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Of aiohttp: passes on what is not ours, and knows whom a passed-on request is from."""
        if _is_passed_on(request):
            return await handler(request.clone(remote=request.headers[PEER]))
        answer = await self.proxy(request)
        return await handler(request) if answer is None else answer

    async def proxy(self, request: web.Request) -> web.StreamResponse | None:
        """The answer of the worker whose session the request is of; None where that is us.

        A worker that is not there has taken its sessions with it.
        """
        owner = self.owner_of(request.query.get("sid", "")) if request.path == PATH else None
        if owner is None or "Upgrade" in request.headers:
            return None
        asking = asyncio.create_task(self._ask(owner, request), name=f"ask-worker-{owner}")
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)
        try:
            while not asking.done():
                await asyncio.wait([asking], timeout=LOOK_EVERY_S)
                if request.transport is None:
                    return _unknown()  # nobody is there to read it
            return asking.result()
        finally:
            asking.cancel()
            await asyncio.wait([asking])

    async def _ask(self, owner: int, request: web.Request) -> web.Response:
        session = self._sessions[owner]
        if session.closed:  # at the end of our own drain
            return _unknown()
        # The body is passed on as it was read, and so decompressed.
        headers = _end_to_end(request.headers, {"content-encoding", PEER.lower()})
        headers.append((PEER, request.remote or ""))
        try:
            async with session.request(
                request.method,
                f"http://neighbour{PATH}?{request.rel_url.raw_query_string}",
                headers=headers,
                data=await _body(request),
                allow_redirects=False,
            ) as answer:
                passed = web.Response(body=await answer.read(), status=answer.status)
        except (aiohttp.ClientError, web.RequestPayloadError, OSError, TimeoutError):
            return _unknown()
        for name, value in _end_to_end(answer.headers, set()):
            passed.headers.add(name, value)
        return passed

    def _session(self, owner: int) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(str(self._path(owner, "http")), limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=ANSWER_WITHIN_S),
            auto_decompress=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        )

    async def hand_over(self, transport: asyncio.Transport, head: bytes, owner: int) -> bool:
        """Give a client's connection, of which `head` has been read, to that worker.

        Reading must be paused and nothing written. True: it is the owner's now, and `transport` has
        let go of it without a word to the client. False: nobody took it, and it is still ours.
        """
        path = self._path(owner, "connections")
        taken = await give(path, transport.get_extra_info("socket"), head)
        if taken:
            transport.abort()  # closes our descriptor; the connection lives on in the owner's
        return taken

    async def _adopt(self, client: socket.socket, head: bytes) -> None:
        await self.adopt(client, head)

    def _path(self, worker: int, kind: str) -> Path:
        return self._folder / f"{worker}.{kind}"


def _is_passed_on(request: web.Request) -> bool:
    """Whether it came from a neighbour, whom alone we believe what `PEER` says."""
    transport = request.transport
    own = None if transport is None else transport.get_extra_info("socket")
    return own is not None and own.family == socket.AF_UNIX


def _end_to_end(headers: Mapping[str, str], but: set[str]) -> list[tuple[str, str]]:
    left_out = HOP_BY_HOP | but
    return [(name, value) for name, value in headers.items() if name.lower() not in left_out]


async def _body(request: web.Request) -> bytes | None:
    """The body, or as much of it as is enough for the owner to refuse it."""
    if not request.body_exists:
        return None
    body = await read_at_most(request.content, MOST_BYTES)
    return b" " * (MOST_BYTES + 1) if body is None else body


def _unknown() -> web.Response:
    return web.json_response(UNKNOWN, status=400)
