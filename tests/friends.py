"""Friends for tests: how two become friends, and whom each side takes for one."""

from uuid import UUID

from tests.client import Client
from tests.rooms import Json
from tests.servers import House


def named(client: Client) -> Json:
    """The payload of what is done to that client's user."""
    return {"userId": client.id}


async def asks(client: Client, other: Client) -> Json:
    """A request that waits for `other`."""
    request: Json = (await client.ok("friend:request", named(other)))["request"]
    return request


async def befriend(client: Client, other: Client) -> None:
    """Make two friends."""
    request = await asks(client, other)
    await other.ok("friend:accept", {"requestId": request["id"]})


async def friends_of(client: Client) -> list[str]:
    """The ids of a user's friends, in the order of the list."""
    return [friend["user"]["id"] for friend in await client.ok("friend:list")]


async def requests_of(client: Client) -> tuple[list[str], list[str]]:
    """Who asks a user, and whom they ask."""
    requests = await client.ok("friend:requests")
    incoming = [each["requester"]["id"] for each in requests["incoming"]]
    return incoming, [each["receiver"]["id"] for each in requests["outgoing"]]


async def delete(house: House, *clients: Client) -> None:
    """Have these users' accounts deleted."""
    for client in clients:
        deletion = "UPDATE users SET deleted_at = CURRENT_TIMESTAMP WHERE id = $1"
        await house.execute(deletion, UUID(client.id))


async def paged(client: Client, event: str, payload: Json) -> list[Json]:
    """All rows of a list that is read in pages."""
    found: list[Json] = []
    cursor: Json = {}
    while True:
        answer = await client.call(event, {**payload, **cursor})
        found += answer["data"]
        if answer["meta"]["nextCursor"] is None:
            return found
        cursor = {"cursor": answer["meta"]["nextCursor"]}
