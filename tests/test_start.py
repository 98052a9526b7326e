"""How the server starts, and why it does not; how it stops."""

import asyncio
import re
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import socketio

from tests.client import Client, get
from tests.conftest import house_env, sign_up
from tests.databases import database, empty_database
from tests.servers import BARE, ROOT, Process

STOP_WITHIN_S = 10


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port at which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def free_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def refusal(data_dir: Path, **settings: str) -> str:
    """The one sentence with which the server refuses to start."""
    environment = {**BARE, "PORT": "0", "DATA_DIR": str(data_dir), **settings}
    ended = subprocess.run(
        [sys.executable, "server.py"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2, ended.stderr
    assert ended.stdout == ""
    assert re.fullmatch(r"soundroom: [^\n]+\.\n", ended.stderr), ended.stderr
    return ended.stderr.removeprefix("soundroom: ").strip()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("DATABASE_URL", "postgresql://localhost/soundroom?colour=red"),
        ("HOST", "203.0.113.7"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    assert name in refusal(tmp_path, **{name: value})


def test_a_port_in_use_is_named(tmp_path: Path, taken_port: int) -> None:
    sentence = refusal(tmp_path, PORT=str(taken_port))
    assert sentence == f"PORT {taken_port} is in use by another program."


def test_a_database_that_does_not_answer_is_named_without_its_password(
    tmp_path: Path, free_port: int
) -> None:
    url = f"postgresql://ada:open-sesame@127.0.0.1:{free_port}/soundroom"
    sentence = refusal(tmp_path, DATABASE_URL=url)
    assert sentence.startswith("DATABASE_URL")
    assert "open-sesame" not in sentence


def test_a_database_that_does_not_exist_is_named(tmp_path: Path, postgres_url: str) -> None:
    with database(postgres_url) as there:
        url = re.sub(r"/test_\w+", "/nowhere", there)
    sentence = refusal(tmp_path, DATABASE_URL=url)
    assert sentence.startswith("DATABASE_URL")
    assert '"nowhere" does not exist' in sentence


def test_a_redis_that_does_not_answer_is_named_without_its_password(
    tmp_path: Path, free_port: int
) -> None:
    sentence = refusal(tmp_path, REDIS_URL=f"redis://:open-sesame@127.0.0.1:{free_port}")
    assert sentence.startswith("REDIS_URL")
    assert "open-sesame" not in sentence


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert refusal(tmp_path / "file" / "data").startswith("DATA_DIR")


def test_a_folder_that_cannot_be_written_to_is_named() -> None:
    # Not even root may write there.
    assert refusal(Path("/proc/self/fd")).startswith("DATA_DIR")


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "soundroom.sqlite3").write_text("a letter to my aunt " * 100)
    assert refusal(tmp_path).startswith("DATA_DIR")
    assert (tmp_path / "soundroom.sqlite3").read_text().startswith("a letter")


def test_production_does_not_start_without_secrets(tmp_path: Path) -> None:
    assert refusal(tmp_path, ENVIRONMENT="production").startswith("JWT_ACCESS_SECRET")
    assert not (tmp_path / "secrets").exists()


def test_secrets_are_made_once_and_kept_from_others(tmp_path: Path) -> None:
    env = house_env(tmp_path)
    found = []
    for _ in range(2):
        Process(env).stop()
        files = sorted((tmp_path / "secrets").iterdir())
        found.append([file.read_text() for file in files])
        assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600] * 3
    assert found[0] == found[1]
    assert len(set(found[0])) == 3


async def test_a_sign_in_outlives_a_restart(tmp_path: Path) -> None:
    env = house_env(tmp_path)
    process = await asyncio.to_thread(Process, env)
    account = await sign_up(process.url, "ada")
    await asyncio.to_thread(process.stop)
    process = await asyncio.to_thread(Process, env)
    status, answer = await get(process.url, "/auth/me", account["accessToken"])
    assert (status, answer["data"]["user"]["id"]) == (200, account["user"]["id"])
    await asyncio.to_thread(process.stop)


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_a_planned_stop_lets_the_clients_go_elsewhere(tmp_path: Path, transport: str) -> None:
    process = await asyncio.to_thread(Process, house_env(tmp_path))
    ada = Client(process.url, await sign_up(process.url, "ada"))
    reasons: list[str] = []
    ada.sio.on("disconnect", reasons.append)
    await ada.connect([transport])
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    stopping = asyncio.create_task(asyncio.to_thread(process.stop))
    assert (await ada.hears("server:draining"))["retryAfter"] > 0
    await ada.sio.wait()
    assert await stopping == 0
    assert loop.time() - began_s < STOP_WITHIN_S
    # After that one, the stock JavaScript client would not come back by itself.
    assert len(reasons) == 1
    assert reasons[0] != socketio.AsyncClient.reason.SERVER_DISCONNECT


def start_together(env: dict[str, str]) -> list[Process]:
    with ThreadPoolExecutor() as threads:
        starts = [threads.submit(Process, env) for _ in range(2)]
    return [start.result() for start in starts]


def assert_both_serve_one_database(processes: list[Process]) -> None:
    try:
        account = asyncio.run(sign_up(processes[0].url, "ada"))
        status, _ = asyncio.run(get(processes[1].url, "/auth/me", account["accessToken"]))
        assert status == 200
    finally:
        codes = [process.stop() for process in processes]
    assert codes == [0, 0]


def test_two_processes_can_start_at_once_on_an_empty_postgres(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    with empty_database(postgres_url) as url:
        env = house_env(tmp_path, DATABASE_URL=url, REDIS_URL=redis_url)
        assert_both_serve_one_database(start_together(env))


def test_two_processes_can_start_at_once_in_an_empty_folder(tmp_path: Path) -> None:
    assert_both_serve_one_database(start_together(house_env(tmp_path)))
