"""Many messages at once, over all processes: none lost, none twice, one order for all."""

import asyncio
import itertools
from collections import defaultdict
from typing import Any
from uuid import uuid4

from tests.client import Client
from tests.conftest import Connect
from tests.rooms import here, open_room
from tests.servers import House
from tests.test_message import NOBODY

Json = dict[str, Any]


async def rooms_with(members: list[Client], count: int) -> list[Json]:
    """So many rooms, all of which all of `members` have joined."""
    rooms = [await open_room(members[0]) for _ in range(count)]
    for room in rooms:
        await asyncio.gather(*(member.ok("room:join", here(room)) for member in members[1:]))
    return rooms


async def burst(sender: Client, channel_ids: list[str], count: int) -> list[Json]:
    """`count` messages sent without a wait, `1` the first, to one channel after the other."""
    channels = [channel_ids[number % len(channel_ids)] for number in range(count)]
    texts = [f"{number}" for number in range(1, count + 1)]
    payloads = [
        {"content": text, "channelId": channel_id, "nonce": uuid4().hex}
        for text, channel_id in zip(texts, channels, strict=True)
    ]
    sent = await asyncio.gather(*(sender.ok("message", payload) for payload in payloads))
    for payload, message in zip(payloads, sent, strict=True):
        assert {key: message[key] for key in payload} == payload
    return sent


async def test_two_hundred_at_once_have_one_order_without_a_hole(connect: Connect) -> None:
    senders = [await connect(f"sender{number}") for number in range(20)]
    channel_ids = [room["channelId"] for room in await rooms_with(senders, 3)]
    # Half of them the other way round: what is locked in two orders would wait for ever.
    orders = (channel_ids, channel_ids[::-1])
    sends = (burst(sender, orders[at // 2 % 2], 10) for at, sender in enumerate(senders))
    sent: dict[str, list[Json]] = defaultdict(list)
    for message in itertools.chain(*await asyncio.gather(*sends)):
        sent[message["channelId"]].append(message)
    for messages in sent.values():
        messages.sort(key=lambda message: message["seq"])
        assert [message["seq"] for message in messages] == list(range(1, len(messages) + 1))
        for sender in senders:
            theirs = [int(each["content"]) for each in messages if each["userId"] == sender.id]
            assert theirs == sorted(theirs)
    assert sum(map(len, sent.values())) == 200
    for hearer in senders:
        for messages in sent.values():
            await hearer.hears("message", messages[-1].__eq__)
        for channel_id, messages in sent.items():
            heard = [each for each in hearer.heard("message") if each["channelId"] == channel_id]
            assert heard == messages


async def test_what_was_sent_in_a_burst_is_read_as_it_was_said(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    (room,) = await rooms_with([ada, bob], 1)
    channel = {"channelId": room["channelId"]}
    sent = [*await burst(ada, [room["channelId"]], 20)]
    assert await bob.ok("message:list", channel) == sent
    synced = await bob.ok("channel:sync", {**channel, "since": 0})
    assert [event["data"] for event in synced["events"]] == sent


async def test_of_two_payloads_with_one_nonce_at_once_one_is_sent(connect: Connect) -> None:
    ada = await connect("ada")
    sockets = [ada, *[await connect(same=ada) for _ in range(3)]]
    nonce = uuid4().hex
    payloads = [{"content": f"{number}", "nonce": nonce} for number in (0, 1, 0, 1)]
    sends = (socket.call("message", each) for socket, each in zip(sockets, payloads, strict=True))
    answers = await asyncio.gather(*sends)
    sent = [answer["data"] for answer in answers if answer["success"]]
    refusals = [answer["code"] for answer in answers if not answer["success"]]
    assert (len(sent), refusals) == (2, ["conflict"] * 2)
    assert sent[0] == sent[1]


async def test_a_bad_message_fails_alone(connect: Connect, house: House) -> None:
    senders = [await connect(f"sender{number}") for number in range(6)]
    gone, lost, rude, *rest = senders
    # Between the check and the write nobody can come over a socket: she has gone before.
    await house.execute("DELETE FROM users WHERE id = $1", gone.id)
    bad: list[tuple[Client, Json]] = [
        (gone, {"nonce": uuid4().hex}),
        (gone, {}),
        (lost, {"replyTo": NOBODY}),
        (lost, {"channelId": NOBODY}),
        (rude, {"userId": lost.id}),
    ]
    refused = [sender.refused("message", {"content": "Bad", **payload}) for sender, payload in bad]
    sent = [sender.ok("message", {"content": "Good"}) for sender in rest]
    codes, messages = await asyncio.gather(asyncio.gather(*refused), asyncio.gather(*sent))
    assert codes == ["internal", "internal", "not_found", "not_found", "forbidden"]
    seqs = sorted(message["seq"] for message in messages)
    assert seqs == list(range(seqs[0], seqs[0] + len(rest)))
