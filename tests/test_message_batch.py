"""What waits is stored together: how often the database is asked, and who fails alone."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from models.channel import Channel
from models.errors import Conflict, NotFound
from models.member import Member
from models.message import ChannelEvent, Message
from models.message_batch import NewMessage, store
from models.message_log import logged, next_seq, writing_to
from models.message_send import Draft, Sent
from models.nonce import LIFETIME, Nonce
from models.room_founding import found_room
from models.server import Server
from models.sql import Bulk
from models.user import User
from tests.databases import database as new_database
from tests.databases import opened
from tests.test_snapshot import queries

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """An empty database with the default server, open in this process."""
    url = ""
    if request.param == "postgres":
        server_url = request.getfixturevalue("postgres_url")
        url = await asyncio.to_thread(new_database(server_url).__enter__)
    async with opened(tmp_path, url, 3):
        await Server.make_default()
        yield request.param


def as_said(message: NewMessage) -> dict[str, Any]:
    return {
        "id": str(message.id),
        "channelId": str(message.channel_id),
        "content": message.content,
        "seq": message.seq,
    }


async def send(author: User, text: str = "Hi", now: datetime = NOW, **given: Any) -> Sent:
    return await Draft(author, {"content": text, **given}).send(now, as_said)


async def outcomes(*sends: Any) -> list[Any]:
    return await asyncio.gather(*sends, return_exceptions=True)


async def log_of(channel_id: UUID) -> list[dict[str, Any]]:
    """A channel's log, in which there must not be a hole."""
    events = await logged(channel_id, 0, 10_000)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert (await Channel.get(id=channel_id)).last_seq == len(events)
    assert [event.data["seq"] for event in events] == [event.seq for event in events]
    return [event.data for event in events]


async def test_a_burst_takes_few_transactions(database: str) -> None:
    authors = [await User.sign_up(f"author{number}") for number in range(50)]
    await send(authors[0])
    with queries() as ran:
        sends = [send(author, nonce="n") for author in authors]
        first, *rest = [asyncio.create_task(each) for each in sends]
        await asyncio.sleep(0)
        sent = await asyncio.gather(first, *rest)
    writes = [statement for statement in ran if "UPDATE channels" in statement]
    assert len(writes) <= 2
    assert len(ran) <= 2 * (2 if database == "postgres" else 5)
    assert [each.seq for each in sent] == list(range(2, 52))
    assert len(await log_of(sent[0].channel_id)) == 51


async def test_one_message_costs_a_check_and_a_write(database: str) -> None:
    ada = await User.sign_up("ada")
    first = await send(ada)
    with queries() as ran:
        await send(ada, nonce="n")
    assert len(ran) == (2 if database == "postgres" else 5)
    with queries() as ran:
        await send(ada, reply_to=UUID(first.data["id"]))
    assert len(ran) == (3 if database == "postgres" else 5)


async def test_of_one_nonce_within_a_burst_the_first_decides(database: str) -> None:
    ada, bob = await User.sign_up("ada"), await User.sign_up("bob")
    with queries() as ran:
        first, again, other, bobs, later = await outcomes(
            send(ada, nonce="n"),
            send(ada, nonce="n"),
            send(ada, "Other", nonce="n"),
            send(bob, nonce="n"),
            send(ada, nonce="m"),
        )
    # None of them is tried twice.
    assert len([statement for statement in ran if "INTO nonces" in statement]) == 3
    assert again == first
    assert isinstance(other, Conflict)
    assert {bobs.data["id"], later.data["id"]}.isdisjoint({first.data["id"]})
    assert len(await log_of(first.channel_id)) == 3


async def test_a_nonce_of_what_is_refused_is_left_to_the_next(database: str) -> None:
    ada = await User.sign_up("ada")
    refused, sent = await outcomes(send(ada, nonce="n", channel_id=uuid4()), send(ada, nonce="n"))
    assert isinstance(refused, NotFound)
    assert isinstance(sent, Sent)


async def test_a_nonce_can_be_used_again_after_a_day(database: str) -> None:
    ada = await User.sign_up("ada")
    first = await send(ada, nonce="n")
    in_time = await send(ada, nonce="n", now=NOW + LIFETIME - timedelta(seconds=1))
    assert in_time == first
    late, later = await outcomes(
        *(send(ada, "Another", nonce="n", now=NOW + LIFETIME) for _ in range(2))
    )
    assert first.data["id"] != late.data["id"] == later.data["id"]
    assert (await Nonce.get(user_id=ada.id)).result_id == UUID(late.data["id"])


async def test_what_the_database_refuses_fails_alone(database: str) -> None:
    authors = [await User.sign_up(f"author{number}") for number in range(9)]
    gone = authors[4]
    await User.filter(id=gone.id).delete()
    sends = [send(author, nonce="n") for author in authors]
    sent = await outcomes(*sends, send(authors[0], "\ud800"), send(gone))
    refused = [at for at, each in enumerate(sent) if isinstance(each, Exception)]
    assert refused == [4, 9, 10]
    log = await log_of(sent[0].channel_id)
    assert [each["id"] for each in log] == [
        each.data["id"] for each in sent if isinstance(each, Sent)
    ]


async def test_a_channel_that_goes_before_the_write_fails_its_own(database: str) -> None:
    ada = await User.sign_up("ada")
    general = await Channel.open_to(ada, None)
    messages = [
        NewMessage(channel_id, ada, "Hi", f"{at}", None, NOW, "hash", data={})
        for at, channel_id in enumerate((general.id, uuid4(), general.id))
    ]
    first, lost, last = await store(messages, NOW)
    assert (first, last) == (None, None)
    assert isinstance(lost, NotFound)
    assert await Message.all().count() == len(await log_of(general.id)) == 2
    assert [used.nonce for used in await Nonce.all().order_by("nonce")] == ["0", "2"]


async def test_who_was_sent_out_writes_no_more(database: str) -> None:
    ada, bob = await User.sign_up("ada"), await User.sign_up("bob")
    room = await found_room(ada, NOW, None, name="Kitchen")
    await Member.create(room=room, user=bob, role="listener", joined_at=NOW)
    here: dict[str, Any] = {"channel_id": room.channel_id}
    await send(bob, **here)
    await Member.filter(room_id=room.id, user_id=bob.id).delete()
    sent, refused = await outcomes(send(ada, **here), send(bob, **here))
    assert (sent.seq, type(refused)) == (2, NotFound)


async def test_when_the_database_is_away_all_are_told_at_once(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    authors = [await User.sign_up(f"author{number}") for number in range(4)]
    tries: list[int] = []

    async def away(_self: Bulk, given: list[Any], *_values: Any) -> None:
        tries.append(len(given))
        raise ConnectionError("The database has gone.")

    with monkeypatch.context() as patched:
        ready = Bulk.rows

        async def after_the_check(self: Bulk, given: Any, *values: Any) -> Any:
            return await (away if values else ready)(self, given, *values)

        patched.setattr(Bulk, "rows", after_the_check)
        sent = await outcomes(*(send(author, nonce="n") for author in authors))
    assert [type(each) for each in sent] == [ConnectionError] * 4
    assert tries == [4]
    assert (await send(authors[0], nonce="n")).seq == 1


async def test_what_is_stored_is_told_in_order_though_its_sender_has_gone(database: str) -> None:
    told: list[Sent] = []
    authors = [await User.sign_up(f"author{number}") for number in range(5)]

    def tell(sent: Sent) -> None:
        told.append(sent)
        if sent.seq == 2:
            raise RuntimeError("It could not be said.")

    drafts = [Draft(author, {"content": "Hi"}) for author in authors]
    sends = [asyncio.create_task(draft.send(NOW, as_said, tell)) for draft in drafts]
    with queries() as ran:
        while not ran:  # it has begun
            await asyncio.sleep(0)
    sends[3].cancel()
    results = await outcomes(*sends)
    assert [each.seq for each in told] == [1, 2, 3, 4, 5]
    assert [type(each) for each in results] == [
        Sent,
        RuntimeError,
        Sent,
        asyncio.CancelledError,
        Sent,
    ]


async def test_other_writers_of_the_log_fall_in(database: str) -> None:
    ada = await User.sign_up("ada")
    channel_id = (await send(ada)).channel_id

    async def write() -> None:
        async with writing_to(channel_id):
            seq = await next_seq(channel_id)
            about: dict[str, Any] = {
                "channel_id": channel_id,
                "message_id": uuid4(),
                "data": {"seq": seq},
            }
            await ChannelEvent.create(seq=seq, event="other", **about)

    await asyncio.gather(*(each for _ in range(20) for each in (send(ada), write())))
    assert len(await log_of(channel_id)) == 41
