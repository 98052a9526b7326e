"""Whether the time of a refused sign-in tells that a name exists: it must not.

    python -m bench.sign_in [--tries 200]

Wrong passwords for a name that exists and for one that does not are sent in turns over one
connection, so that whatever else the machine does meets both alike.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import aiohttp

from bench.accounting import Cores
from bench.rounds import order, run
from bench.sides import Ground, Target
from bench.table import Figure, drawn
from tests.servers import postgres

MAY_DIFFER = 0.05
WARM_UP = 10
KNOWN, UNKNOWN = "somebody", "anybody-"  # as long as each other


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.sign_in")
    parser.add_argument("--tries", type=int, default=200, help="of each kind")
    tries = parser.parse_args().tries
    cores = Cores.of_this_machine()
    cores.take_the_rest()
    with tempfile.TemporaryDirectory(prefix="soundroom-bench-") as folder, postgres() as url:
        ground = Ground(url, Path(folder), cores)
        with ground.install_ours() as ours, ours.serve() as target:
            known, unknown = run(measure(target, tries))
    figure = compared(known, unknown)
    print(f"\n{drawn([figure])}\n")
    return 0 if figure.met else 1


async def measure(target: Target, tries: int) -> tuple[list[float], list[float]]:
    """How long (ms) each refusal took: of the name that exists, and of the one that does not."""
    found: tuple[list[float], list[float]] = ([], [])
    async with aiohttp.ClientSession(target.url) as http:
        body = {"username": KNOWN, "password": "the right password"}
        async with http.post("/auth/register", json=body) as answer:
            answer.raise_for_status()
        for number in range(WARM_UP + tries):
            for side in order(number):
                found[side].append(await refused_ms(http, (KNOWN, UNKNOWN)[side]))
    return found[0][WARM_UP:], found[1][WARM_UP:]


async def refused_ms(http: aiohttp.ClientSession, name: str) -> float:
    """The time from asking to having read the refusal."""
    began_s = time.perf_counter()
    body = {"username": name, "password": "a wrong password"}
    async with http.post("/auth/login", json=body) as answer:
        await answer.read()
        if answer.status != 401:
            raise RuntimeError(f"{name} was answered {answer.status}.")
    return (time.perf_counter() - began_s) * 1000


def compared(known: Sequence[float], unknown: Sequence[float]) -> Figure:
    one, other = median(known), median(unknown)
    return Figure(
        work=f"a refused sign-in, p50 of {len(known)}: wrong password, then unknown name",
        ours=f"{one:.2f} / {other:.2f} ms",
        ratio=f"{other / one:.3f}",
        target=f"within {MAY_DIFFER:.0%}",
        met=abs(other / one - 1) <= MAY_DIFFER,
    )


if __name__ == "__main__":
    raise SystemExit(main())
