"""Every event against payloads of bad will: all answered, nothing broken, nothing left behind."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.client import Client
from tests.conftest import Connect, MakeTrack
from tests.malice import EVENTS, NIL, hostile_frames, random_frame, refused_payloads
from tests.raw import RawSocket, raw_socket
from tests.servers import House, Process

SEED = 20_261_121
BROKEN = {"internal", "unavailable"}
ALARMS = ("Traceback", "never retrieved", "Exception in callback", "Unhandled")
WINDOW = 60
MAX_GROWTH_MB = 30.0


@asynccontextmanager
async def calm(house: House) -> AsyncIterator[None]:
    """What happens inside leaves the servers without a single unforeseen error, and serving."""
    starts = [len(process.lines) for process in house.processes]
    yield
    for process, start in zip(house.processes, starts, strict=True):
        lines = process.lines[start:]
        alarms = [str(line) for line in lines if any(word in str(line) for word in ALARMS)]
        assert not alarms, f"{len(alarms)}: {alarms[0][-1500:]}"
        assert process.logged("unexpected error") == []
        assert process.popen.poll() is None


def memory_mb(process: Process) -> float:
    """What the process holds of the machine's memory."""
    status = Path(f"/proc/{process.popen.pid}/status").read_text(encoding="ascii")
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def code_of(envelope: dict[str, Any]) -> str:
    return "success" if envelope["success"] else str(envelope["code"])


@pytest.mark.parametrize("name", EVENTS)
async def test_what_is_not_as_declared_is_refused_by_name(
    house: House, connect: Connect, name: str
) -> None:
    ada = await connect("ada")
    async with calm(house), raw_socket(ada.url) as raw:
        await raw.join(ada.token)
        cases = list(refused_payloads(EVENTS[name]))
        for number, (_, arguments) in enumerate(cases):
            await raw.send(f'42{number}["{name}"{"," if arguments else ""}{arguments}]')
            if number % WINDOW == WINDOW - 1:
                await raw.answer(number)
        for number, (what, _) in enumerate(cases):
            envelope = await raw.answer(number)
            assert code_of(envelope) == "validation_failed", what
            assert all({"path", "code", "message"} == set(d) for d in envelope["details"]), what
            assert len(json.dumps(envelope)) < 16_384, what


async def test_before_signing_in_every_event_is_unauthorized(house: House) -> None:
    for batch in batches(EVENTS, 7):
        async with calm(house), raw_socket(house.urls[0]) as raw:
            for number, name in enumerate(batch):
                await raw.send(f'42{number}["{name}",{{}}]')
            codes = [code_of(await raw.answer(number)) for number in range(len(batch))]
            assert codes == ["unauthorized"] * len(batch)


def batches(items: Iterable[str], size: int) -> list[list[str]]:
    listed = list(items)
    return [listed[i : i + size] for i in range(0, len(listed), size)]


async def things(ada: Client, track: str) -> list[str]:
    """Ids of real things, so that a random payload gets to the bottom of things."""
    room = (await ada.ok("room:create", {"name": "Fuzz", "controlMode": "everyone"}))["room"]
    await ada.ok("room:join", {"roomId": room["id"]})
    message = await ada.ok("message", {"content": "hello", "channelId": room["channelId"]})
    general = await ada.ok("message", {"content": "hello"})
    return [room["id"], room["channelId"], message["id"], general["channelId"], ada.id, track, NIL]


async def test_thousands_of_random_payloads_are_all_answered_and_memory_stays_flat(
    house: House, connect: Connect, make_track: MakeTrack
) -> None:
    total = 10_000 if house.name == "sqlite" else 3_000
    people = [await connect("ada"), await connect("bob")]
    ids = [i for person in people for i in await things(person, await make_track())]
    async with calm(house):
        codes = await storm(people, ids, range(total // 4))
        before = [memory_mb(process) for process in house.processes]
        codes |= await storm(people, ids, range(total // 4, total))
        after = [memory_mb(process) for process in house.processes]
    assert codes & BROKEN == set()
    assert {"success", "validation_failed", "not_found"} <= codes
    grown = [round(a - b, 1) for a, b in zip(after, before, strict=True)]
    assert max(grown) < MAX_GROWTH_MB, grown
    assert (await (await connect("eve")).call("user:me"))["success"]


async def storm(people: list[Client], ids: list[str], numbers: range) -> set[str]:
    """Random events over a socket for each person and two more; the codes that came back."""
    halves = [numbers[0::4], numbers[1::4], numbers[2::4], numbers[3::4]]
    runs = (gust(p, ids, part) for p, part in zip([*people, *people], halves, strict=True))
    return set().union(*await asyncio.gather(*runs))


async def gust(person: Client, ids: list[str], numbers: range) -> set[str]:
    codes: set[str] = set()
    rng = random.Random(SEED + numbers.start)
    for first in range(0, len(numbers), 500):  # a raw socket remembers all that it heard
        part, sent = numbers[first : first + 500], dict[int, str]()
        async with raw_socket(person.url) as raw:
            await raw.join(person.token)
            for number in part:
                sent[number] = random_frame(rng, number, ids)
                await raw.send(sent[number])
                if number == part[-1] or part.index(number) % WINDOW == WINDOW - 1:
                    await raw.answer(number, 20)
            frames = [frame for frame in raw.frames if frame.startswith("43")]
            answered = {int(frame[2 : frame.index("[")]) for frame in frames}
            assert answered == set(part), [sent[number] for number in set(part) - answered]
            codes |= {code_of(json.loads(frame[frame.index("[") :])[0]) for frame in frames}
    return codes


async def test_thousands_of_broken_frames_end_their_senders_and_nobody_else(
    house: House, connect: Connect
) -> None:
    ada = await connect("ada")
    rng = random.Random(SEED)
    frames = hostile_frames(rng, 3000 if house.name == "sqlite" else 600)
    async with calm(house):
        ended = 0
        while (frame := next(frames, None)) is not None:
            async with raw_socket(ada.url) as rude:
                await rude.join(ada.token)
                await rude.send(frame)
                await send_until_ended(rude, frames)
                ended += rude.closed.is_set()
        assert ended > 10
        assert (await ada.call("user:me"))["success"]


async def send_until_ended(rude: RawSocket, frames: Iterable[str | bytes]) -> None:
    for sent, frame in enumerate(frames):
        await rude.send(frame)
        if sent % 4 == 3:
            # Either it still answers, or it has been closed: nothing in between.
            await rude.send('42777["clock:sync",{"clientTime":1}]')
            try:
                await rude.answer(777)
            except ConnectionError:
                return
            rude.frames.clear()
        if rude.closed.is_set() or sent > 200:
            return
