"""Processes that are told to stop in the middle of their work: every answer is a success."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.fleet import fleet
from tests.faults.ledger import report

STOPS = 2
STOPPED_WITHIN_S = 15.0


@pytest.mark.timeout(240)
async def test_who_is_told_to_stop_under_load_fails_no_send(
    postgres_url: str, tmp_path: Path
) -> None:
    loop = asyncio.get_running_loop()
    async with fleet(postgres_url, tmp_path, members=20, rate=500) as crew:
        crew.ledger.flowing.set()
        for number in range(STOPS):
            await crew.all_in()
            await crew.acknowledge(100)
            began = loop.time()
            code = await asyncio.to_thread(crew.places[number % 2].stop)
            took_s = loop.time() - began
            report(f"stopped in {took_s:.1f} s")
            assert (code, took_s < STOPPED_WITHIN_S) == (0, True), f"{code} after {took_s:.1f} s"
            await crew.restart(number % 2)
        await crew.settle()
        await crew.check()
        assert not crew.ledger.codes
