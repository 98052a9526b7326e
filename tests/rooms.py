"""Rooms for tests: how they are opened, and what is heard in them."""

from collections.abc import Callable
from typing import Any

from tests.client import Client

Json = dict[str, Any]


async def open_room(host: Client, **settings: Any) -> Json:
    """A new room of `host`, who has joined it; with its invite code."""
    made = await host.ok("room:create", {"name": "Kitchen", **settings})
    await host.ok("room:join", {"roomId": made["room"]["id"]})
    return {**made["room"], "inviteCode": made["inviteCode"]}


def here(room: Json, **more: Any) -> Json:
    """The payload of what is done in `room`."""
    return {"roomId": room["id"], **more}


async def roles(client: Client, room: Json) -> dict[str, str]:
    """Each member's role, in the order of the list."""
    members = await client.ok("room:members", here(room))
    return {member["user"]["id"]: member["role"] for member in members}


def who(event: Json) -> str:
    """Whom an event with a member is about."""
    user_id: str = event["member"]["user"]["id"]
    return user_id


def about(client: Client) -> Callable[[Json], bool]:
    """Whether an event with a member is about that client's user."""
    return lambda event: who(event) == client.id


def says(user_id: str, role: str, event: Json) -> bool:
    """Whether an event says that this member has this role."""
    return who(event) == user_id and event["member"]["role"] == role
