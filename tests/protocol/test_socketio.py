"""Socket.IO 5 over both transports: who is let in, what is answered, what is counted."""

import json
from typing import Any

import pytest

from realtime.packet import MAX_ACK_DIGITS, MAX_NAME
from realtime.server import MAX_STRIKES
from tests.protocol.conftest import IsOffline
from tests.protocol.session import Session

CLOCK = '["clock:sync",{"clientTime":5}]'
UNAUTHORIZED = {"success": False, "error": "You are not signed in.", "code": "unauthorized"}


def connect_error(packet: str) -> dict[str, Any]:
    """What a refusal says."""
    refusal: dict[str, Any] = json.loads(packet[packet.index("{") :])
    return refusal


async def test_a_user_is_let_in_and_told_an_id_before_anything_else(
    session: Session, account: dict[str, Any]
) -> None:
    await session.join(account["accessToken"])
    accepted, connected = session.packets[:2]
    assert accepted.startswith("40{")
    welcome = json.loads(accepted[2:])
    assert isinstance(welcome["sid"], str)
    assert welcome["sid"] != session.sid
    assert connected.startswith('42["connected",')
    (_, hello) = json.loads(connected[2:])
    assert hello["userId"] == account["user"]["id"]


@pytest.mark.parametrize("packet", ["40", "40{}", "40/,", "40/,{}", '40{"token":""}', "40null"])
async def test_without_a_token_nobody_is_let_in(session: Session, packet: str) -> None:
    await session.send(packet)
    refusal = connect_error(await session.gets("44"))
    assert refusal["message"] == "Please send an access token."
    assert refusal["data"] == {"code": "token_missing"}


@pytest.mark.parametrize("auth", [{"token": "rubbish"}, {"token": "a.b.c"}, {"token": "x" * 9000}])
async def test_with_a_token_of_nobody_either(session: Session, auth: dict[str, str]) -> None:
    await session.send("40" + json.dumps(auth))
    refusal = connect_error(await session.gets("44"))
    assert refusal["message"].endswith(".")
    assert refusal["data"] == {"code": "token_invalid"}


async def test_who_was_refused_may_try_again(session: Session, token: str) -> None:
    await session.send("40")
    await session.gets("44")
    await session.join(token)


async def test_the_main_namespace_may_be_called_by_its_name(session: Session, token: str) -> None:
    await session.send("40/," + json.dumps({"token": token}))
    await session.gets('42["connected"')
    await session.send(f"42/,1{CLOCK}")
    assert (await session.answer(1))["success"]


@pytest.mark.parametrize("name", ["/custom", "/random", "/admin?a=b", "/" + "x" * 200])
async def test_another_namespace_is_refused(joined: Session, token: str, name: str) -> None:
    await joined.send(f"40{name}," + json.dumps({"token": token}))
    namespace = name.partition("?")[0]
    refusal = connect_error(await joined.gets(f"44{namespace},"))
    assert refusal["message"] == "There is no such namespace."
    assert refusal["data"] == {"code": "not_found"}
    await joined.send(f"421{CLOCK}")
    assert (await joined.answer(1))["success"]


async def test_an_event_before_joining_is_answered_unauthorized(
    session: Session, token: str
) -> None:
    await session.send('427["user:me"]', '42["user:me"]')
    assert await session.answer(7) == UNAUTHORIZED
    await session.join(token)


async def test_a_second_connect_changes_nothing(joined: Session, token: str) -> None:
    await joined.send("40" + json.dumps({"token": token}), f"421{CLOCK}")
    assert (await joined.answer(1))["success"]
    accepted = [packet for packet in joined.packets if packet.startswith("40")]
    connected = [packet for packet in joined.packets if packet.startswith('42["connected"')]
    assert (len(accepted), len(connected)) == (1, 1)


@pytest.mark.parametrize("packet", ["41", "41/,"])
async def test_who_leaves_is_gone_and_may_come_back(
    joined: Session, token: str, is_offline: IsOffline, packet: str
) -> None:
    await joined.send(packet)
    await is_offline()
    await joined.send(f"421{CLOCK}")
    assert await joined.answer(1) == UNAUTHORIZED
    joined.packets.clear()
    await joined.join(token)
    await joined.send(f"422{CLOCK}")
    assert (await joined.answer(2))["success"]


async def test_an_event_without_an_acknowledgement_is_done(joined: Session) -> None:
    await joined.send('42["user:update_profile",{"displayName":"Ada L."}]')
    event = json.loads((await joined.gets('42["user:updated"'))[2:])
    assert event[1]["displayName"] == "Ada L."
    assert not any(packet.startswith("43") for packet in joined.packets)


@pytest.mark.parametrize("number", [0, 1, 456, 2**31, 10**MAX_ACK_DIGITS - 1])
async def test_an_acknowledgement_has_the_number_of_its_event(joined: Session, number: int) -> None:
    await joined.send(f"42{number}{CLOCK}")
    assert (await joined.answer(number))["data"]["clientTime"] == 5


async def test_the_same_number_twice_is_answered_twice(joined: Session) -> None:
    await joined.send(f"427{CLOCK}", '427["user:me"]', f"428{CLOCK}")
    await joined.answer(8)
    assert len([packet for packet in joined.packets if packet.startswith("437[")]) == 2


@pytest.mark.parametrize("name", ["nobody:knows", "", "x" * MAX_NAME, "\N{SNOWMAN}", "__class__"])
async def test_an_unknown_event_is_answered(joined: Session, name: str) -> None:
    await joined.send("421" + json.dumps([name, {}]))
    assert (await joined.answer(1))["code"] == "unknown_event"


@pytest.mark.parametrize("packet", ["430[]", '43999[{"success":true}]', "430[1,2,3]"])
async def test_an_acknowledgement_that_nobody_waits_for_is_no_harm(
    joined: Session, packet: str
) -> None:
    await joined.send(*[packet] * 3, f"421{CLOCK}")
    assert (await joined.answer(1))["success"]


MALFORMED = [
    "4",
    "4 ",
    "4abc",
    "49",
    "4-1",
    "42",
    "42rubbish",
    "42{}",
    "42[]",
    "42[1]",
    "42[null,{}]",
    "42[[]]",
    '42"message"',
    '42["message"',
    '42["message",]',
    '42["message",{}]]',
    '42abc["message",{}]',
    '42-1["message",{}]',
    '421.5["message",{}]',
    "42" + "9" * 400 + '["message",{}]',
    '42["' + "x" * (MAX_NAME + 1) + '",{}]',
    '42["message",{"content":Infinity}]',
    '42/nowhere,["message",{}]',
    '42["connect"]',
    '42["disconnect"]',
    "43",
    "43[]",
    "431{}",
    "43rubbish",
    "44",
    '44{"message":"no"}',
    '451-["message",{"_placeholder":true,"num":0}]',
    '45999999999-["message"]',
    '451-12["message",{"_placeholder":true,"num":-1}]',
    '461-1[{"_placeholder":true,"num":0}]',
    "46",
    "40[]",
    '40"token"',
    "40{",
    "40/nowhere",
    "42" + "[" * 5000,
    '42["message",' + '{"a":' * 5000,
]


@pytest.mark.parametrize("packet", MALFORMED, ids=lambda packet: packet[:40])
async def test_what_is_no_packet_is_counted_and_its_repetition_ends_the_session(
    joined: Session, packet: str
) -> None:
    await joined.send(packet, f"421{CLOCK}")
    assert (await joined.answer(1))["success"]
    for _ in range(MAX_STRIKES - 1):
        await joined.send(packet)
    await joined.ends()


async def test_different_faults_are_counted_together(joined: Session) -> None:
    await joined.send(*MALFORMED[: MAX_STRIKES - 1], f"421{CLOCK}")
    assert (await joined.answer(1))["success"]
    await joined.send(MALFORMED[MAX_STRIKES])
    await joined.ends()


async def test_a_packet_of_64_kib_is_taken_and_a_larger_one_ends_the_session(
    joined: Session,
) -> None:
    start, end = '421["clock:sync",{"clientTime":5,"x":"', '"}]'
    largest = start + "x" * (64 * 1024 - len(start + end)) + end
    await joined.send(largest)
    assert (await joined.answer(1))["code"] == "validation_failed"
    await joined.send(largest + " ")
    await joined.ends()


async def test_an_answer_of_more_than_64_kib_arrives_whole(joined: Session) -> None:
    """Its length needs the longest form that a frame's head has."""
    for number in range(40):
        await joined.send(f"42{number}" + json.dumps(["message", {"content": "x" * 2000}]))
    channel = (await joined.answer(39))["data"]["channelId"]
    await joined.send("4299" + json.dumps(["message:list", {"channelId": channel, "limit": 40}]))
    answer = await joined.answer(99)
    assert [len(each["content"]) for each in answer["data"]] == [2000] * 40
