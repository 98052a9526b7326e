"""Friends for tests: how two become friends, and whom each side takes for one."""

from tests.client import Client
from tests.rooms import Json


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
