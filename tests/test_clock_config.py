"""The steady clock under a wall clock that jumps, and how database URLs are understood."""

import asyncio
import getpass
import itertools
from pathlib import Path
from typing import Any

import pytest

from config.clock import SteadyClock, discipline, keep_disciplined, measure_error_ms
from config.database import DatabaseURLError, tortoise_config


class Time:
    """A machine's clocks, in seconds; the test is what makes them go."""

    def __init__(self) -> None:
        self.monotonic = 100.0
        self.wall = 1_700_000_000.0

    def clock(self) -> SteadyClock:
        return SteadyClock(lambda: self.monotonic, lambda: self.wall)

    def pass_by(self, seconds: float) -> None:
        self.monotonic += seconds
        self.wall += seconds


class Agreement:
    """What processes share about the clock's epoch, as Redis holds it."""

    def __init__(self, epoch: str | None = None) -> None:
        self.epoch = epoch

    async def share(self, old: str | None, new: str) -> str:
        if self.epoch is None or self.epoch == old:
            self.epoch = new
        return self.epoch


def test_it_begins_at_the_wall_clocks_time() -> None:
    assert Time().clock().now_ms() == pytest.approx(1_700_000_000_000)
    assert Time().clock().now().isoformat() == "2023-11-14T22:13:20+00:00"


def test_it_does_not_follow_the_wall_clock_when_that_jumps() -> None:
    time = Time()
    clock = time.clock()
    time.pass_by(5)
    time.wall -= 3600
    assert clock.now_ms() == pytest.approx(1_700_000_005_000)


def test_a_small_error_is_slewed_away_and_time_never_steps_back() -> None:
    time = Time()
    clock = time.clock()
    epoch = clock.epoch
    assert clock.correct(-20.0) is False
    readings = [clock.now_ms()]
    for _ in range(100):
        time.pass_by(1)
        readings.append(clock.now_ms())
    steps = [after - before for before, after in itertools.pairwise(readings)]
    assert min(steps) == pytest.approx(1000 - 0.5)
    assert max(steps) == pytest.approx(1000)
    assert readings[-1] == pytest.approx(1_700_000_100_000 - 20)
    assert clock.epoch == epoch


def test_slewing_does_not_overshoot() -> None:
    time = Time()
    clock = time.clock()
    clock.correct(0.3)
    time.pass_by(60)
    assert clock.now_ms() == pytest.approx(1_700_000_060_000.3)


def test_a_large_error_is_a_step() -> None:
    clock = Time().clock()
    assert clock.correct(400.0) is True
    assert clock.now_ms() == pytest.approx(1_700_000_000_400)


async def test_the_probe_with_the_least_round_trip_decides() -> None:
    time = Time()
    clock = time.clock()
    delays_s = iter([(0.002, 0.090), (0.001, 0.001), (0.050, 0.004)])

    async def sample() -> float:
        there_s, back_s = next(delays_s)
        time.pass_by(there_s)
        reference_ms = clock.now_ms() + 7
        time.pass_by(back_s)
        return reference_ms

    assert await measure_error_ms(clock, sample, probes=3) == pytest.approx(7, abs=1e-3)


async def test_processes_that_share_a_reference_agree_on_time_and_epoch() -> None:
    agreement = Agreement()
    reference = Time()
    clocks = []

    async def sample() -> float:
        return reference.wall * 1000

    for wrong_s in (-2.0, 0.0, 9.0):
        machine = Time()
        machine.wall += wrong_s
        clock = machine.clock()

        await discipline(clock, sample, agreement.share)
        clocks.append(clock)
    assert [clock.now_ms() for clock in clocks] == pytest.approx([reference.wall * 1000] * 3)
    assert len({clock.epoch for clock in clocks}) == 1


class LostError(Exception):
    """The reference cannot be reached."""


async def test_a_step_of_the_reference_begins_a_new_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.clock.SAMPLE_EVERY_S", 0)
    time = Time()
    clock = time.clock()
    agreement = Agreement(clock.epoch)
    failures = [LostError(), LostError()]
    stepped = asyncio.Event()

    async def sample() -> float:
        if failures:
            raise failures.pop()
        return 1_700_000_001_000.0

    async def share(old: str | None, new: str) -> str:
        epoch = await agreement.share(old, new)
        stepped.set()
        return epoch

    before = clock.epoch
    following = asyncio.create_task(keep_disciplined(clock, sample, share, (LostError,)))
    async with asyncio.timeout(5):
        await stepped.wait()
    following.cancel()
    assert not failures
    assert clock.now_ms() == pytest.approx(1_700_000_001_000)
    assert agreement.epoch == clock.epoch != before


def credentials(url: str) -> dict[str, Any]:
    """What the driver is given for `url`."""
    connection = tortoise_config(url, Path("var"))["connections"]["default"]
    assert connection["engine"] == "config.postgres"
    found: dict[str, Any] = connection["credentials"]
    return found


def test_without_a_url_it_is_sqlite_in_the_data_folder() -> None:
    connection = tortoise_config("", Path("data"))["connections"]["default"]
    assert connection["engine"] == "tortoise.backends.sqlite"
    assert connection["credentials"]["file_path"] == "data/soundroom.sqlite3"
    assert connection["credentials"]["synchronous"] == "FULL"
    assert connection["credentials"]["foreign_keys"] == "ON"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://ada:se%40cret@db.example:6432/room",
            {
                "host": "db.example",
                "port": 6432,
                "user": "ada",
                "password": "se@cret",
                "database": "room",
            },
        ),
        ("postgres://ada@db/room", {"host": "db", "port": 5432, "password": None}),
        ("postgresql://ada@/room?host=/run/PG", {"host": "/run/PG", "user": "ada"}),
        ("postgresql://ada@%2Frun%2FPG/room", {"host": "/run/PG", "database": "room"}),
        ("postgresql://ada@[::1]:6432/room", {"host": "::1", "port": 6432}),
        ("postgresql://db/room?user=ada&password=x&port=1", {"user": "ada", "port": 1}),
        ("postgresql://ada@db", {"database": "ada"}),
        ("postgresql://ada@db/a?dbname=b", {"database": "b"}),
        ("postgresql://ada@db/a?sslmode=require", {"ssl": "require"}),
        ("postgresql://ada@db/a?connect_timeout=2", {"timeout": 2}),
        ("postgresql:///room", {"host": "localhost", "user": getpass.getuser()}),
    ],
)
def test_a_libpq_url_is_understood(url: str, expected: dict[str, Any]) -> None:
    found = credentials(url)
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://db/room?colour=red", "colour"),
        ("postgresql://db/room?sslmode=maybe", "sslmode"),
        ("postgresql://db/room?port=many", "port"),
        ("postgresql://db/room?connect_timeout=soon", "connect_timeout"),
    ],
)
def test_what_a_libpq_url_may_not_say_is_named(url: str, says: str) -> None:
    with pytest.raises(DatabaseURLError, match=says) as refused:
        credentials(url)
    assert str(refused.value).startswith("DATABASE_URL")
