"""Friends for tests: who is one, and what they hear of each other."""

from typing import Any

import uuid_utils.compat

from tests.client import Client
from tests.conftest import Connect, sign_up
from tests.servers import House

Json = dict[str, Any]


async def befriend(house: House, *pairs: tuple[str, str]) -> None:
    """Make each two of them friends; put into the database, and told to nobody."""
    sides = [side for pair in pairs for side in (pair, pair[::-1])]
    rows = (
        f"(${n + 1}, CURRENT_TIMESTAMP, ${n + 2}, ${n + 3})" for n in range(0, 3 * len(sides), 3)
    )
    await house.execute(
        f"INSERT INTO friendships (id, created_at, user_id, friend_id) VALUES {', '.join(rows)}",
        *(value for side in sides for value in (uuid_utils.compat.uuid7(), *side)),
    )


async def two_friends(house: House, connect: Connect) -> tuple[Client, Client]:
    """Ada, who is connected, and her friend Bob, who is not yet."""
    ada = await connect("ada")
    bob = Client(house.urls[0], await sign_up(house.urls[0], "bob"))
    await befriend(house, (ada.id, bob.id))
    return ada, bob


def told(client: Client, of: Client) -> list[str]:
    """The statuses of a friend in the order in which they were heard."""
    return [each["status"] for each in client.heard("friend:presence") if each["userId"] == of.id]


async def hears_status(client: Client, of: Client, *statuses: str, within_s: float = 8) -> None:
    """Wait for the last of these, and have heard exactly them."""
    count = len(statuses)
    await client.hears(
        "friend:presence", lambda _: len(told(client, of)) >= count, within_s=within_s
    )
    assert told(client, of) == [*statuses]
