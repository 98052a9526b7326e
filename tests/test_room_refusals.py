"""What is not of the form of the rooms' events is refused."""

from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import Connect
from tests.rooms import Json

ID = str(uuid4())
GOOD: dict[str, Json] = {
    "room:create": {"name": "Kitchen"},
    "room:list": {},
    "room:get": {"roomId": ID},
    "room:join": {"roomId": ID},
    "room:leave": {"roomId": ID},
    "room:members": {"roomId": ID},
    "room:update": {"roomId": ID},
    "room:close": {"roomId": ID},
    "room:set_role": {"roomId": ID, "userId": ID, "role": "dj"},
    "room:kick": {"roomId": ID, "userId": ID},
    "room:transfer_host": {"roomId": ID, "userId": ID},
}
SETTINGS: list[Json] = [
    {"name": ""},
    {"name": "  "},
    {"name": "x" * 81},
    {"name": 5},
    {"name": None},
    {"name": "a\u0000b"},
    {"visibility": "secret"},
    {"visibility": ["public"]},
    {"controlMode": "nobody"},
    {"queueOrder": 1},
    {"capacity": 0},
    {"capacity": 1001},
    {"capacity": "5"},
    {"capacity": True},
    {"capacity": 2.5},
]
BAD: dict[str, list[Json]] = {
    "room:create": [*SETTINGS, {"nonce": ""}, {"nonce": "x" * 65}, {"nonce": 1}],
    "room:update": [*SETTINGS, {"repeat": "once"}, {"autoplayPlaylistId": "x"}],
    "room:list": [{"query": ""}, {"query": 5}, {"limit": 0}, {"limit": 101}, {"cursor": 5}],
    "room:members": [{"limit": "5"}, {"cursor": ""}],
    "room:join": [{"inviteCode": 5}, {"inviteCode": "x" * 33}, {"inviteCode": None}],
    "room:set_role": [{"role": "host"}, {"role": None}, {"userId": "x"}, {"userId": 5}],
    "room:kick": [{"userId": None}],
    "room:transfer_host": [{"userId": []}],
}


@pytest.mark.parametrize("event", GOOD)
async def test_what_is_not_of_the_form_is_refused(connect: Connect, event: str) -> None:
    ada = await connect("ada")
    good = GOOD[event]
    wrong: list[Any] = [{**good, **bad} for bad in BAD.get(event, [])]
    wrong += [{**good, "surprise": 1}, [], "text", 5, (good, good)]
    wrong += [{key: good[key] for key in good if key != missing} for missing in good]
    if "roomId" in good:
        wrong += [{**good, "roomId": bad} for bad in (5, None, "x", ID[:-1], {"id": ID})]
    for payload in wrong:
        answer = await ada.call(event, payload)
        assert answer.get("code") == "validation_failed", (event, payload, answer)
        assert answer["details"]


async def test_a_room_that_never_was_is_not_found(connect: Connect) -> None:
    ada = await connect("ada")
    for event, payload in GOOD.items():
        if "roomId" in payload:
            assert await ada.refused(event, payload) == "not_found", event
