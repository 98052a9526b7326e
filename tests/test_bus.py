"""The way between processes: one order for all, only to who listens, and nothing is lost."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisDownError

from config.redis import PREFIX
from realtime import redis_bus, subscriber
from realtime.bus import LAST_LIFE_S, LOG_LIFE_S, LOG_SIZE
from realtime.local_bus import LocalBus
from realtime.message import Message
from realtime.publisher import Publisher
from realtime.redis_bus import RedisBus
from tests.bus_ends import CHANNEL, ROOM, Database, End, ends, until
from tests.servers import redis_server


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
async def two(tmp_path: Path, database: Database) -> AsyncIterator[list[End]]:
    """Two processes on a Redis of their own."""
    with redis_server(tmp_path / "redis") as url:
        async with ends(url, database) as found:
            yield found


async def test_all_hear_everything_in_one_order(two: list[End]) -> None:
    for n in range(1500):
        for side, end in enumerate(two):
            end.say(2 * n + side)
        if n % 100 == 0:
            await asyncio.sleep(0)
    for end in two:
        await until(lambda end=end: len(end.said()) == 3000)  # type: ignore[misc]
    assert two[0].said() == two[1].said()
    assert [n for n in two[0].said() if int(n) % 2 == 0] == [str(n) for n in range(0, 3000, 2)]
    assert [each.n for each in two[0].heard] == sorted({each.n for each in two[0].heard})


async def test_only_who_has_members_of_a_topic_receives_it(two: list[End]) -> None:
    here, there = two
    assert isinstance(there.bus, RedisBus)
    received, hear = list[str](), there.bus._subscriber._hear

    def note(topic: str, text: str) -> None:
        received.append(topic)
        hear(topic, text)

    there.bus._subscriber._hear = note
    await here.enter("user:1")
    here.say("to one", topic="user:1")
    here.say("to all")
    await here.hears("to one", topic="user:1")
    await there.hears("to all")
    assert {topic for topic in received if "echo" not in topic} == {ROOM}


async def test_who_listens_hears_what_is_said_right_after(two: list[End]) -> None:
    here, there = two
    for n in range(30):
        assert await there.bus.listen([f"user:{n}"]) == {f"user:{n}"}
        assert await there.bus.listen([f"user:{n}"]) == set()
        here.say(n, topic=f"user:{n}")
        await there.hears(n, topic=f"user:{n}")


async def test_topics_of_one_moment_are_subscribed_in_one_command(two: list[End]) -> None:
    before = await subscriptions(two[0])
    await asyncio.gather(*(two[0].bus.listen([f"user:{n}", f"session:{n}"]) for n in range(40)))
    assert await subscriptions(two[0]) <= before + 2


async def subscriptions(end: End) -> int:
    """How many SUBSCRIBE commands Redis has had."""
    assert end.client is not None
    stats = await end.client.info("commandstats")
    return int(stats["cmdstat_subscribe"]["calls"])


async def test_a_topic_is_let_go_some_time_after_the_last_member_left(
    two: list[End], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = two[0]
    assert isinstance(here.bus, RedisBus)
    assert here.client is not None
    await here.enter("user:1", "user:2")
    here.bus.deserted("user:1")
    here.bus.deserted("user:2")
    await here.enter("user:2")  # a page that was loaded anew
    assert await here.bus._subscriber.let_go() == []
    here.bus.receiver.begin("user:1", 5)
    monkeypatch.setattr(subscriber, "LINGER_S", -1)
    assert await here.bus._subscriber.let_go() == ["user:1"]
    topics = await here.client.pubsub_numsub(f"{PREFIX}topic:user:1", f"{PREFIX}topic:user:2")
    assert [count for _, count in topics] == [0, 1]
    assert await here.bus.listen(["user:1"]) == {"user:1"}


async def test_many_messages_go_in_few_commands(two: list[End]) -> None:
    client = two[0].client
    assert client is not None
    before = (await client.info("commandstats"))["cmdstat_evalsha"]["calls"]
    two[0].say(*range(2000))
    await two[1].hears(*range(2000))
    after = (await client.info("commandstats"))["cmdstat_evalsha"]["calls"]
    assert after - before <= 2000 / 256 + 1 + 4  # and the echoes


async def test_a_message_that_breaks_its_receiver_deafens_nobody(two: list[End]) -> None:
    client = two[0].client
    assert client is not None
    for rubbish in ("rubbish", "a b c d e f", "", "1 2 3"):
        await client.publish(f"{PREFIX}topic:{ROOM}", rubbish)
    two[0].say("poison", "good")
    for end in two:
        await end.hears("good")
        assert end.bus.is_alive()


async def test_a_cut_connection_loses_nothing(two: list[End], database: Database) -> None:
    here, there = two
    assert here.client is not None
    here.say("before")
    await there.hears("before")
    for n in range(1, 60):
        if n % 20 == 0:
            await here.client.client_kill_filter(_type="pubsub")
        here.say(n)
        here.bus.publish(database.commit(n))
        await asyncio.sleep(0.005)
    for end in two:
        await end.hears("before", *range(1, 60))
        await end.counts(*range(1, 60))
        assert [each.n for each in end.heard] == sorted({each.n for each in end.heard})
        assert end.resumed == 0  # all of it was in the topics' logs
    assert database.reads == []


async def test_who_begins_to_listen_while_a_connection_is_made_anew_is_heard(
    two: list[End], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = two
    assert isinstance(here.bus, RedisBus)
    hearing, read_some = here.bus._subscriber, here.bus._subscriber._read_some
    listening = list[asyncio.Task[set[str]]]()

    async def read_together(connection: Any) -> list[tuple[str, str, str]]:
        """What confirms the new topic comes in one piece with what confirms the old ones."""
        if listening:
            return await read_some(connection)
        listening.append(asyncio.create_task(here.bus.listen(["user:1"])))
        frames = await read_some(connection)
        while ("subscribe", "user:1") not in [(kind, topic) for kind, topic, _ in frames]:
            frames += await read_some(connection)
        return frames

    await hearing.hang_up()
    monkeypatch.setattr(hearing, "_read_some", read_together)
    await until(lambda: bool(listening))
    assert await listening[0] == {"user:1"}
    there.say("hello", topic="user:1")
    await here.hears("hello", topic="user:1")


async def test_what_is_sent_again_as_the_answer_was_lost_is_heard_once(
    two: list[End], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = two[0]
    assert isinstance(here.bus, RedisBus)
    monkeypatch.setattr(redis_bus, "RETRY_S", 0.01)
    script, losses = here.bus._script, iter([True, False, True, True])

    async def losing(args: list[str | int]) -> list[int]:
        verdicts: list[int] = await script(args=args)
        if next(losses, False):
            raise RedisDownError("The connection broke.")
        return verdicts

    monkeypatch.setattr(here.bus, "_script", losing)
    for n in range(20):
        here.say(n)
        await asyncio.sleep(0.002)
    for end in two:
        await end.hears(*range(20))
    assert next(losses, None) is None


async def test_what_no_log_has_any_more_is_noticed(
    two: list[End], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_bus, "LOG_SIZE", 10)
    here, there = two
    assert isinstance(there.bus, RedisBus)
    await there.bus._subscriber.hang_up()
    here.say(*range(30))
    await here.hears(*range(30))
    await until(lambda: there.resumed == 1)
    there.say("after")
    await until(lambda: there.said()[-1] == "after")


async def test_logs_are_bounded_in_number_and_time(two: list[End]) -> None:
    here, client = two[0], two[0].client
    assert client is not None
    here.say(*range(LOG_SIZE + 200))
    await until(lambda: len(here.said()) == LOG_SIZE + 200)
    (key,) = [key async for key in client.scan_iter(f"{PREFIX}log:*:{ROOM}")]
    assert await client.xlen(key) == LOG_SIZE
    assert 0 < await client.ttl(key) <= LOG_LIFE_S
    assert [key async for key in client.scan_iter(f"{PREFIX}log:*echo*")] == []
    n = here.heard[-1].n
    assert [each.n for each in await here.bus.said_since({ROOM: n - 1}) or []] == [n]
    assert await here.bus.said_since({ROOM: 0}) is None


async def test_without_redis_a_bus_is_dead_holds_what_it_can_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    monkeypatch.setattr(Publisher, "MAX_WAITING", 50)
    monkeypatch.setattr(RedisBus, "ECHO_EVERY_S", 0.1)
    monkeypatch.setattr(RedisBus, "DEAF_AFTER_S", 0.5)
    with redis_server(tmp_path) as url:
        context = ends(url, database, 1)
        (end,) = await context.__aenter__()
        await until(end.bus.is_alive)
    await until(lambda: not end.bus.is_alive())
    end.say(*range(500))
    monkeypatch.setattr(subscriber, "LISTEN_WITHIN_S", 0.05)
    with pytest.raises(TimeoutError):
        await end.bus.listen(["user:1"])
    with redis_server(tmp_path):
        await until(lambda: "499" in end.said())
        assert len(end.said()) <= 51
        assert end.said() == [str(n) for n in sorted(map(int, end.said()))]
        assert end.resumed == 1
        await until(end.bus.is_alive)
        monkeypatch.undo()
        await end.enter("user:1")
        end.say("again", topic="user:1")
        await end.hears("again", topic="user:1")
        await context.__aexit__(None, None, None)


async def test_a_redis_that_was_emptied_is_noticed_by_all(two: list[End]) -> None:
    here, there = two
    here.say("before")
    await there.hears("before")
    assert here.client is not None
    await here.client.flushall()
    here.say("after")
    for end in two:
        await end.hears("before", "after")
        await until(lambda end=end: end.resumed == 1)  # type: ignore[misc]


async def test_one_process_alone_hears_itself(database: Database) -> None:
    end = End(LocalBus(database.read))
    end.say("to nobody yet", topic="user:1")
    await end.start(ROOM)
    end.say("hello")
    await end.hears("hello")
    assert end.bus.is_alive()
    assert end.said("user:1") == []
    end.say("goodbye")
    await end.close()
    await end.hears("hello", "goodbye")


async def test_in_memory_too_logs_are_bounded(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ends("", database) as (end,):
        end.say(*range(LOG_SIZE + 5))
        end.bus.publish(database.commit(1))
        await end.counts(1)
        n = end.heard[-2].n
        assert await end.bus.said_since({ROOM: 0}) is None
        said = await end.bus.said_since({ROOM: n - 2, CHANNEL: 0})
        assert [each.n for each in said or []] == [n - 1, n, n + 1]
        assert isinstance(end.bus, LocalBus)
        end.bus.tidy(asyncio.get_running_loop().time() + LOG_LIFE_S)
        assert await end.bus.said_since({ROOM: 0}) == []
        end.bus.tidy(asyncio.get_running_loop().time() + LAST_LIFE_S)
        assert end.bus._last == {}


async def test_what_is_not_to_be_kept_is_in_no_log(database: Database) -> None:
    async with ends("", database) as (end,):
        end.bus.publish(Message(ROOM, "now only", kept=False))
        await end.hears("now only")
        assert await end.bus.said_since({ROOM: 0}) == []
