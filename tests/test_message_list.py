"""Reading a channel: the newest messages, and those next to one of them."""

from typing import Any

import pytest

from tests.conftest import Connect
from tests.test_message import NOBODY, channels_of, make_room, say


async def test_a_list_begins_with_the_newest_and_pages_both_ways(connect: Connect) -> None:
    ada = await connect("ada")
    channel = {"channelId": (await make_room(ada))["channelId"]}
    ids = [message["id"] for message in await say(ada, 9, channel["channelId"])]

    async def page(**which: Any) -> tuple[str, bool]:
        answer = await ada.call("message:list", {**channel, **which})
        assert (answer["meta"]["lastSeq"], answer["meta"]["nextCursor"]) == (9, None)
        contents = "".join(message["content"] for message in answer["data"])
        return contents, answer["meta"]["hasMore"]

    assert await page() == ("123456789", False)
    assert await page(limit=3) == ("789", True)
    assert await page(limit=3, before=ids[3]) == ("123", False)
    assert await page(limit=2, before=ids[3]) == ("23", True)
    assert await page(limit=3, after=ids[5]) == ("789", False)
    assert await page(limit=2, after=ids[5]) == ("78", True)
    assert await page(limit=5, around=ids[4]) == ("34567", True)
    assert await page(limit=4, around=ids[4]) == ("4567", True)
    assert await page(limit=1, around=ids[4]) == ("5", True)
    assert await page(limit=9, around=ids[0]) == ("12345", True)
    assert await page(limit=50, around=ids[8]) == ("123456789", False)
    assert await page(before=ids[0]) == ("", False)


async def test_a_list_names_messages_of_its_channel_and_one_at_most(connect: Connect) -> None:
    ada = await connect("ada")
    elsewhere = await ada.ok("message", {"content": "Hi"})
    channel_id = (await make_room(ada))["channelId"]
    (here,) = await say(ada, 1, channel_id)
    for name in ("before", "after", "around"):
        for message_id in (elsewhere["id"], NOBODY):
            payload = {"channelId": channel_id, name: message_id}
            assert await ada.refused("message:list", payload) == "not_found"
    both = {"channelId": channel_id, "before": here["id"], "after": here["id"]}
    assert await ada.refused("message:list", both) == "validation_failed"


@pytest.mark.parametrize("limit", [0, 101, -1, 1.5, "5", True, None, 10**400])
async def test_a_list_has_one_to_a_hundred_messages(connect: Connect, limit: Any) -> None:
    ada = await connect("ada")
    payload = {"channelId": (await channels_of(ada))["general"], "limit": limit}
    assert await ada.refused("message:list", payload) == "validation_failed"
