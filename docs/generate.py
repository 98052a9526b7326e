"""Writes the documents that come from the code; with `--check` only says which are stale."""

import sys
import tomllib
from pathlib import Path

from docs.asyncapi import asyncapi
from docs.contract import gather
from docs.reference import events_page, http_page
from docs.typescript import typescript

ROOT = Path(__file__).parent.parent


def documents() -> dict[str, str]:
    """Every generated file's path and content."""
    contract = gather()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    return {
        "docs/events.md": events_page(contract),
        "docs/http.md": http_page(contract),
        "docs/asyncapi.json": asyncapi(contract, version),
        "web/src/protocol.ts": typescript(contract),
    }


def stale(root: Path = ROOT) -> list[str]:
    """The documents that do not say what the code says."""
    return [
        name
        for name, text in documents().items()
        if not (root / name).is_file() or (root / name).read_text("utf-8") != text
    ]


def main() -> int:
    """Write, or (`--check`) fail where something would have to be written."""
    behind = stale()
    if "--check" in sys.argv[1:]:
        for name in behind:
            print(f"{name} is stale: run `make docs`.", file=sys.stderr)
        return 1 if behind else 0
    for name, text in documents().items():
        if name in behind:
            (ROOT / name).write_text(text, "utf-8")
            print(f"wrote {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
