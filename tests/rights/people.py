"""Friends, requests and blocks: who may do what."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.client import Client
from tests.conftest import sign_up
from tests.friends import asks, befriend, named
from tests.rights.scene import Json, Rows, Scene


@asynccontextmanager
async def newcomer(s: Scene) -> AsyncIterator[Client]:
    """Somebody new, with whom nobody has anything to do yet."""
    url = s.house.urls[0]
    client = await Client(url, await sign_up(url, "newcomer")).connect()
    yield client
    await client.close()


async def somebody_new(s: Scene) -> Json:
    async with newcomer(s) as client:
        return named(client)


async def a_new_friend_of_the_host(s: Scene) -> Json:
    async with newcomer(s) as client:
        await befriend(client, s.people["host"])
        return named(client)


async def a_request_to_the_host(s: Scene) -> Json:
    async with newcomer(s) as client:
        return {"requestId": (await asks(client, s.people["host"]))["id"]}


async def a_request_of_the_host(s: Scene) -> Json:
    async with newcomer(s) as client:
        return {"requestId": (await asks(s.people["host"], client))["id"]}


ROWS: Rows = {
    #                   s o k g m d h mod fr bl ad
    "friend:accept":   ("n n n f n n + n n n n", a_request_to_the_host),
    "friend:cancel":   ("n n n n n n + n n n n", a_request_of_the_host),
    "friend:decline":  ("n n n n n n + n n n n", a_request_to_the_host),
    "friend:list":     ("+ + + + + + + + + + +", lambda _: {}),
    "friend:remove":   ("n n n n n n + n n n n", a_new_friend_of_the_host),
    "friend:request":  ("+ + + f + + v + c n +", lambda s: named(s.people["host"])),
    "friend:requests": ("+ + + + + + + + + + +", lambda _: {}),
    "user:block":      ("+ + + + + + + + + + +", somebody_new),
    "user:blocked":    ("+ + + + + + + + + + +", lambda _: {}),
    "user:unblock":    ("+ + + + + + + + + + +", somebody_new),
}  # fmt: skip
