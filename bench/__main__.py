"""What our server costs beside the same work in Node: one table.

    python -m bench [--quick] [--rows a,c,library]

See bench/README.md for what each row means and how it is measured.
"""

import argparse
import json
import os
import platform
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from bench.accounting import Cores
from bench.library import library
from bench.memory import idle, stalled
from bench.processes import two_processes
from bench.rounds import Bench, Scale
from bench.rows import acknowledged, handshakes, hundred_rooms, one_room
from bench.sides import NODE, Ground
from bench.table import Figure, drawn
from tests.servers import ROOT, postgres

# The first two are measured with the same crowd.
ROWS: dict[str, Callable[[Bench], list[Figure]]] = {
    "ab": one_room,
    "c": hundred_rooms,
    "d": acknowledged,
    "e": handshakes,
    "f": idle,
    "g": stalled,
    "h": two_processes,
}
# Those that have no peer in Node are measured where they are asked for.
ALONE: dict[str, Callable[[Bench], list[Figure]]] = {"library": library}
QUICK = Scale(rounds=1, seconds=1.5, share=0.2)
OPEN_FILES = 8192
QUIET = 0.5  # others' load, in cores, that does not matter much
COMPLAINTS = 12
PACKAGES = ("python-socketio", "aiohttp", "asyncpg", "uvloop")


def main() -> int:
    arguments = parse()
    # Both stop the servers, too; Ctrl-C is what an event loop knows how to end by.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    allow_open_files()
    scale = QUICK if arguments.quick else Scale()
    with grounded() as ground:
        bench = Bench(ground, scale)
        print(f"\n{machine(ground.cores, quick=arguments.quick)}\n")
        figures = measured(bench, arguments.rows)
        complaints = ground.complaints()
    print(f"\n{drawn(figures)}\n")
    for note in bench.notes:
        print(f"- {note}")
    for line, count in complaints.most_common(COMPLAINTS):
        print(f"! {count} x {line[:200]}")
    return 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--quick", action="store_true", help="a smoke run: small, and no measure")
    help_rows = f"some of a to h: a,c; or {', '.join(ALONE)}"
    parser.add_argument("--rows", type=chosen, default=frozenset("".join(ROWS)), help=help_rows)
    return parser.parse_args()


def chosen(text: str) -> frozenset[str]:
    """The rows in `text`: letters, and the names of those that have one."""
    parts = text.lower().split(",")
    letters = "".join(part for part in parts if part not in ALONE)
    if unknown := set(letters) - set("".join(ROWS)):
        raise argparse.ArgumentTypeError(f"there is no row {min(unknown)!r}")
    return frozenset(letters) | (set(parts) & ALONE.keys())


def measured(bench: Bench, rows: frozenset[str]) -> list[Figure]:
    figures = []
    for row, measure in (ROWS | ALONE).items():
        if not (set(row) if row in ROWS else {row}) & rows:
            continue
        began_s = time.monotonic()
        try:
            figures += measure(bench)
        except Exception as error:  # noqa: BLE001 - a server that died, say: the others go on
            figures.append(Figure(f"row {row}", ours="failed", met=False))
            bench.notes.append(f"row {row} FAILED: {error!r}"[:500])
        print(f"row {row} took {time.monotonic() - began_s:.0f} s", file=sys.stderr, flush=True)
    return figures


@contextmanager
def grounded() -> Iterator[Ground]:
    """A folder and a PostgreSQL for this run; all of it is gone in the end."""
    cores = Cores.of_this_machine()
    cores.take_the_rest()
    with tempfile.TemporaryDirectory(prefix="soundroom-bench-") as folder, postgres() as url:
        yield Ground(url, Path(folder), cores)


def allow_open_files() -> None:
    """Every connection is one, here and in the servers, which inherit it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft = OPEN_FILES if most == resource.RLIM_INFINITY else min(most, OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, most))


def machine(cores: Cores, *, quick: bool) -> str:
    """On what and with what this was measured, and how to do it again."""
    cpus = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.partition(": ")[2] for line in cpus if "model name" in line), "CPU")
    node = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True)
    others = ", ".join(map(str, sorted(cores.rest)))
    lines = [
        f"{os.cpu_count()} x {cpu}, Linux {platform.release()}",
        f"servers on core {min(cores.server)}, load and databases on {others}",
        f"ours: Python {platform.python_version()}, {our_versions()}",
        f"Node: {node.stdout.strip()}, {peer_versions()}",
        "again: make bench, or .venv/bin/python -m bench --rows a,c",
    ]
    if (load := os.getloadavg()[0]) > QUIET:
        lines.append(f"NOT ALONE: a load of {load:.1f} before we began. Figures will be worse.")
    if quick:
        lines.append("QUICK: a fifth of the sizes, one round. It shows that it runs, no more.")
    return "\n".join(lines)


def our_versions() -> str:
    return ", ".join(f"{name} {version(name)}" for name in PACKAGES)


def peer_versions() -> str:
    dependencies = json.loads((ROOT / "bench/peer/package.json").read_text())["dependencies"]
    return ", ".join(f"{name} {number}" for name, number in dependencies.items())


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
