"""The supervisor with workers that do nothing but misbehave; and the port that it holds."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from config.settings import SettingsError
from realtime import supervisor
from realtime.port import reserved
from realtime.supervisor import LONGEST_DELAY_S, Supervisor, next_delay_s

PATIENCE_S = 10
SERVING = """
import os, signal, socket, sys, time
line = socket.socket(fileno=int(os.environ["SUPERVISOR_FD"]))
"""


def script(rest: str) -> list[str]:
    """A worker that does that."""
    return [sys.executable, "-c", SERVING + rest]


async def supervised(
    command: Sequence[str], folder: Path, until: str, times: int = 1
) -> tuple[int, list[Any]]:
    """Run two such workers until the log says it so often, then end: the exit code, and the log."""
    with capture_logs() as lines:
        parent = Supervisor(command, dict(os.environ), folder)
        running = asyncio.create_task(parent.run(2, "http://here"))
        async with asyncio.timeout(PATIENCE_S):
            while [line["event"] for line in lines].count(until) < times and not running.done():
                await asyncio.sleep(0.01)
            if not running.done():
                os.kill(os.getpid(), signal.SIGTERM)
            return await running, list(lines)


async def test_a_worker_that_does_not_heed_the_signal_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "END_WITHIN_S", 0.2)
    deaf = script("signal.signal(signal.SIGTERM, signal.SIG_IGN); line.send(b'1'); time.sleep(60)")
    code, lines = await supervised(deaf, tmp_path, "serving")
    assert code == 0
    assert {"event": "workers did not end in time", "log_level": "warning", "workers": [1, 2]} in (
        lines
    )


async def test_a_worker_whose_settings_are_wrong_at_the_first_start_ends_all(
    tmp_path: Path,
) -> None:
    wrong = script("os.environ['WORKER'] == '2' and sys.exit(2); line.send(b'1'); time.sleep(60)")
    code, lines = await supervised(wrong, tmp_path, "serving")
    assert code == 2
    assert "serving" not in [line["event"] for line in lines]


async def test_a_worker_whose_settings_are_wrong_later_is_started_again(tmp_path: Path) -> None:
    (tmp_path / "metrics").mkdir()
    there = tmp_path / "started"
    once = f"open({str(there)!r}, 'a').write('x'); line.send(b'1'); sys.exit(2)"
    code, _ = await supervised(script(once), tmp_path / "metrics", "worker ended", times=4)
    assert code == 0
    assert len(there.read_text()) >= 4


async def test_a_worker_that_cannot_be_started_is_tried_again(tmp_path: Path) -> None:
    code, lines = await supervised(["/nowhere"], tmp_path, "worker not started", times=3)
    assert code == 0
    delays = [line["again_in_s"] for line in lines if line["event"] == "worker ended"]
    assert delays[:2] == [0.1, 0.2]


def test_a_reserved_port_is_open_to_workers_only() -> None:
    with reserved("127.0.0.1", 0) as port:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
        with (
            socket.create_server(("127.0.0.1", port), reuse_port=True),
            socket.create_server(("127.0.0.1", port), reuse_port=True),
            socket.create_connection(("127.0.0.1", port)),
        ):
            pass
        in_use = rf"^PORT {port} is in use"
        with pytest.raises(SettingsError, match=in_use), reserved("127.0.0.1", port):
            pass


def test_an_address_of_another_machine_cannot_be_reserved() -> None:
    with pytest.raises(SettingsError, match=r"^HOST"), reserved("203.0.113.7", 0):
        pass


def test_a_worker_that_keeps_dying_is_started_ever_more_slowly() -> None:
    delays = [0.0]
    for _ in range(8):
        delays.append(next_delay_s(delays[-1], lived_s=0.5))
    assert delays[1:] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert next_delay_s(5.0, lived_s=LONGEST_DELAY_S + 1) == 0.1
