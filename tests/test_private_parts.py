"""What we lean on of our libraries' insides is where we left it."""

import ast
from importlib.metadata import version
from pathlib import Path

import pytest

from config.redis import open_redis
from realtime.private_parts import PARTS, VERSIONS, already_read, form

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(("owner", "name"), PARTS)
def test_a_part_takes_what_we_give_it(owner: type, name: str) -> None:
    assert form(owner, name) == PARTS[owner, name]


def test_the_versions_are_those_for_which_it_was_written() -> None:
    pinned = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    for package, known in VERSIONS.items():
        assert version(package) == known
        assert f"{package}=={known}" in pinned


def test_no_other_private_part_is_used() -> None:
    named = {name for _, name in PARTS}
    for path in (ROOT / "realtime").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and path.stem != "private_parts":
                assert "._" not in (node.module or ""), path.name
            if is_private_call_on_super(node):
                assert node.func.attr in named, f"{path.name}: {node.func.attr}"  # type: ignore[attr-defined]


async def test_what_a_connection_to_redis_has_read_already_is_given(redis_url: str) -> None:
    client = open_redis(redis_url)
    connection = client.connection_pool.make_connection()  # type: ignore[no-untyped-call]
    await connection.connect()
    connection._parser._reader.feed(b"+a\r\n+b\r\n")  # as if both came in one piece
    assert await connection.read_response() == "a"
    assert already_read(connection) == ["b"]
    assert already_read(connection) == []
    await connection.disconnect()
    await client.aclose()


def is_private_call_on_super(node: ast.AST) -> bool:
    """Whether it is `super()._something(…)`."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Call)
        and isinstance(node.func.value.func, ast.Name)
        and node.func.value.func.id == "super"
        and node.func.attr.startswith("_")
        and not node.func.attr.startswith("__")
    )
