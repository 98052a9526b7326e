"""The row about the library: how long a search takes among 100,000 tracks."""

import json
import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from bench.crowd import guests
from bench.rounds import Bench, run
from bench.sides import Target
from bench.table import Figure
from bench.wire import Wire
from models.row import new_id
from models.words import sort_key, words_of

TRACKS, ARTISTS, GENRES = 100_000, 2_000, 20
SYLLABLES = ("ba", "do", "fi", "gu", "ke", "la", "mo", "ni", "ra", "se", "ta", "vu", "wo", "zi")
COMMON = "love"  # in every other name
CALLS = 60
AT_MOST_MS = 20.0

Rows = list[tuple[Any, ...]]


def library(bench: Bench) -> list[Figure]:
    """`track:list` with a rare word, a common one and one letter, by one client after another."""
    chance = random.Random(4)
    words = ["".join(chance.choices(SYLLABLES, k=4)) for _ in range(20_000)]
    with bench.ground.install_ours() as installation, installation.serve() as target:
        run(fill(installation.env["DATABASE_URL"], bench.scale.part(TRACKS), words, chance))
        return run(measure(bench, target, words, chance))


async def fill(url: str, count: int, words: Sequence[str], chance: random.Random) -> None:
    """Artists and tracks as they would be after uploads, with PostgreSQL's statistics of them."""
    genres = [f"genre {words[n]}" for n in range(GENRES)]
    artists = {new_id(): f"{words[n]} {words[-n]} {n}" for n in range(ARTISTS)}
    connection = await asyncpg.connect(url)
    made = artist_rows(artists)
    await copy(connection, "artists", "id created_at name name_key sort_key words", made)
    columns = "id created_at name name_key genre duration url mime_type waveform artist_id"
    for start in range(0, count, 10_000):
        made = track_rows(range(start, min(count, start + 10_000)), artists, genres, words, chance)
        await copy(connection, "tracks", f"{columns} artist_key words", made)
    await connection.execute("ANALYZE artists")
    await connection.execute("ANALYZE tracks")
    await connection.close()


async def copy(connection: Any, table: str, columns: str, records: Rows) -> None:
    await connection.copy_records_to_table(table, records=records, columns=columns.split())


def artist_rows(artists: dict[UUID, str]) -> Rows:
    now = datetime.now(UTC)
    return [
        (each, now, name, name.lower(), sort_key(name), words_of(name))
        for each, name in artists.items()
    ]


def track_rows(
    numbers: range,
    artists: dict[UUID, str],
    genres: Sequence[str],
    words: Sequence[str],
    chance: random.Random,
) -> Rows:
    """Names of two to four words, and waveforms as long as real ones."""
    began, made = datetime.now(UTC), []
    waves = [json.dumps([round(chance.random(), 3) for _ in range(400)]) for _ in range(50)]
    ids = list(artists)
    for number in numbers:
        artist_id, genre = chance.choice(ids), chance.choice(genres)
        parts = chance.choices(words, k=chance.randint(1, 3))
        name = " ".join([*parts, COMMON] if number % 2 else [*parts, "me"]).title()
        key = f"0{sort_key(artists[artist_id])}"
        found_by = words_of(name, artists[artist_id], genre)
        at, duration = began + timedelta(milliseconds=number), chance.uniform(60, 400)
        names = (new_id(), at, name, sort_key(name), genre, duration, f"/media/{number}")
        made.append((*names, "audio/mp4", chance.choice(waves), artist_id, key, found_by))
    return made


async def measure(
    bench: Bench, target: Target, words: Sequence[str], chance: random.Random
) -> list[Figure]:
    """Calls one after another, and what each takes of the server's CPU, PostgreSQL's apart."""
    count = bench.scale.part(TRACKS)
    wire = await Wire.connect(target.url, (await guests(target, 1))[0])
    kinds: dict[str, Callable[[], str]] = {
        "a rare word": lambda: chance.choice(words),
        "a word in half of them": lambda: COMMON,
        "one letter": lambda: chance.choice("bdfgklmnrstvwz"),
        "two words": lambda: f"{chance.choice(words)[:4]} {COMMON[:2]}",
    }
    figures = []
    for kind, query in kinds.items():
        times_ms, found, before_s = [], 0, target.cpu_s()
        for _ in range(CALLS):
            began_s = time.perf_counter()
            found += len(await wire.call("track:list", {"query": query()}))
            times_ms.append((time.perf_counter() - began_s) * 1000)
        cpu_ms = (target.cpu_s() - before_s) * 1000 / CALLS
        bench.notes.append(f"track:list, {kind}: {cpu_ms:.1f} ms of the server's CPU a call")
        figures.append(figure(f"track:list of {count:,}, {kind}", times_ms, found / CALLS))
    wire.close()
    return figures


def figure(work: str, times_ms: Sequence[float], found: float) -> Figure:
    in_order = sorted(times_ms)
    p50, p95 = in_order[len(in_order) // 2], in_order[int(len(in_order) * 0.95)]
    return Figure(
        work=f"{work} ({found:.0f} found)",
        ours=f"{p50:.1f} / {p95:.1f} ms",
        target=f"p50 < {AT_MOST_MS:.0f} ms",
        met=p50 < AT_MOST_MS,
    )
