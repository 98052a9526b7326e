"""What we lean on of our libraries' insides is where we left it."""

import ast
from importlib.metadata import version
from pathlib import Path

import pytest

from realtime.private_parts import PARTS, VERSIONS, form

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
