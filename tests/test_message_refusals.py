"""What is not of the form that a chat's events have is refused, and never an exception."""

from typing import Any

import pytest

from tests.conftest import Connect
from tests.test_message import NOBODY

CONTENT: dict[str, Any] = {"content": "Hi"}
CHANNEL: dict[str, Any] = {"channelId": NOBODY}
MESSAGE: dict[str, Any] = {"messageId": NOBODY}
WELL_FORMED: dict[str, dict[str, Any]] = {
    "message": CONTENT,
    "message:get": MESSAGE,
    "message:list": CHANNEL,
    "message:mark_read": {**CHANNEL, **MESSAGE},
    "typing": CHANNEL,
    "channel:get": CHANNEL,
    "channel:sync": {**CHANNEL, "since": 0},
    "server:get": {"serverId": NOBODY},
    "server:channels": {"serverId": NOBODY},
}
WRONG_VALUES: tuple[Any, ...] = (
    None,
    True,
    7,
    1.5,
    "",
    "x",
    [],
    {},
    ["x"],
    {"x": 1},
    "\x00",
    "\ud800",
    "9" * 70_0,
)


@pytest.mark.parametrize("event", WELL_FORMED)
async def test_what_is_not_of_the_form_is_refused(connect: Connect, event: str) -> None:
    ada, payload = await connect("ada"), WELL_FORMED[event]
    assert await ada.refused(event, {**payload, "extra": 1}) == "validation_failed"
    assert await ada.refused(event) == "validation_failed"
    for other in ((payload, payload), [payload], "text", 7, None, True):
        wrong = (other,) if other is None else other
        assert await ada.refused(event, wrong) == "validation_failed"
    for key in payload:
        without = {name: value for name, value in payload.items() if name != key}
        assert await ada.refused(event, without) == "validation_failed"
        for value in WRONG_VALUES:
            if key == "content" and isinstance(value, str) and value.isprintable() and value:
                continue
            if key == "since" and value == 7:
                continue
            assert await ada.refused(event, {**payload, key: value}) == "validation_failed"


@pytest.mark.parametrize(
    "wrong",
    [
        {"content": "x" * 2001},
        {"content": " \n\t "},
        {"content": "\N{NO-BREAK SPACE}\N{EM SPACE}"},
        {"content": ""},
        {"content": "a\x00b"},
        {"content": "a\ud800b"},
        {"nonce": ""},
        {"nonce": "n" * 65},
        {"nonce": "n\x00"},
        {"nonce": 7},
        {"nonce": None},
        {"channelId": "general"},
        {"channelId": None},
        {"replyTo": "x"},
        {"userId": 7},
        {"attachmentIds": []},
    ],
)
async def test_what_is_no_message_is_refused(connect: Connect, wrong: dict[str, Any]) -> None:
    ada = await connect("ada")
    answer = await ada.call("message", {**CONTENT, **wrong})
    assert answer["code"] == "validation_failed"
    assert answer["details"][0]["path"] == list(wrong)
