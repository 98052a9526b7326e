"""The documents that come from the code: up to date, valid, and types that clients are held to."""

import asyncio
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from docs.contract import gather
from docs.generate import ROOT, documents, stale
from handlers.http.routes import ROUTES
from handlers.registry import EVENTS, broadcasts
from tests.client import Client, post
from tests.conftest import sign_up
from tests.servers import House

MODULES = ROOT / "web" / "node_modules"
CLIENT = """
import { io, type Socket } from "socket.io-client";
import type { Ack, ClientToServerEvents, ListAck, ServerToClientEvents } from "./protocol";
import type { OwnUser, Session, User } from "./protocol";

const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io("http://127.0.0.1");

export async function talk(token: string, userId: string): Promise<string> {
  const mine: Ack<OwnUser> = await socket.emitWithAck("user:me");
  const also: Ack<OwnUser> = await socket.timeout(500).emitWithAck("user:me", {});
  const one: Ack<User> = await socket.emitWithAck("user:get", { userId });
  const some: ListAck<Session> = await socket.emitWithAck("session:list");
  socket.emit("session:renew", { token }, (answer) => {
    if (answer.success) answer.data.expiresAt.slice(0, 4);
    else if (answer.code === "rate_limited") answer.retryAfter?.toFixed();
  });
  socket.emit("user:set_status", { status: "idle", customStatus: null }, () => undefined);
  socket.on("connected", ({ user, serverTime }) => user.displayName + serverTime.toFixed());
  socket.on("session:ended", ({ reconnect }) => reconnect && socket.connect());
  const next: string | null = some.success ? some.meta.nextCursor : null;
  return mine.success && also.success && one.success ? mine.data.tag : String(next);
}
"""
# Each is put into `talk` in turn, and must be refused.
WRONG = {
    "an event that is not": 'socket.emit("user:fly", {}, () => undefined);',
    "a missing key": 'socket.emit("session:renew", {}, () => undefined);',
    "a key of a wrong type": 'socket.emit("session:renew", { token: 1 }, () => undefined);',
    "an unknown key": 'socket.emit("user:get", { userId, x: 1 }, () => undefined);',
    "no choice of ours": 'socket.emit("user:set_status", { status: "away" }, () => undefined);',
    "a null where none may be": 'socket.emit("user:get", { userId: null }, () => undefined);',
    "a payload for the server": 'socket.emit("user:me", { userId }, () => undefined);',
    "an answer without a check": '(await socket.emitWithAck("user:me")).data.tag;',
    "an answer's unknown key": "if (one.success) one.data.email;",
    "a server event that is not": 'socket.on("user:flew", () => undefined);',
    "a server event's unknown key": 'socket.on("session:ended", ({ why }) => why);',
}
STRICT = {
    "compilerOptions": {
        "target": "ES2022",
        "lib": ["ES2023", "DOM"],
        "module": "ESNext",
        "moduleResolution": "bundler",
        "types": [],
        "strict": True,
        "exactOptionalPropertyTypes": True,
        "noUncheckedIndexedAccess": True,
        "verbatimModuleSyntax": True,
        "noEmit": True,
        "skipLibCheck": True,
    },
    "include": ["*.ts"],
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A TypeScript project with our types and the stock client."""
    assert MODULES.is_dir(), "The web client's packages are not installed: `make test` does that."
    (tmp_path / "node_modules").symlink_to(MODULES)
    (tmp_path / "protocol.ts").write_text(documents()["web/src/protocol.ts"], "utf-8")
    (tmp_path / "tsconfig.json").write_text(json.dumps(STRICT))
    return tmp_path


def compiled(project: Path, **files: str) -> dict[str, list[str]]:
    """What the compiler says of each file."""
    for name, text in files.items():
        (project / f"{name}.ts").write_text(text, "utf-8")
    command = [str(MODULES / ".bin" / "tsc"), "--project", str(project), "--pretty", "false"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    said: dict[str, list[str]] = {name: [] for name in files}
    for line in ended.stdout.splitlines():
        if found := re.match(r"(?:.*/)?(\w+)\.ts\(", line):
            said.setdefault(found[1], []).append(line)
    assert ended.returncode == 0 or any(said.values()), ended.stdout + ended.stderr
    return said


def test_the_documents_say_what_the_code_says() -> None:
    assert stale() == [], "run `make docs`"


def test_a_stale_document_is_found_out(tmp_path: Path) -> None:
    for name, text in documents().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    assert stale(tmp_path) == []
    (tmp_path / "docs/events.md").write_text("old", "utf-8")
    (tmp_path / "docs/asyncapi.json").unlink()
    assert stale(tmp_path) == ["docs/events.md", "docs/asyncapi.json"]


def test_the_documents_leave_nothing_out() -> None:
    found = documents()
    for name in (*EVENTS, *broadcasts()):
        assert f"`{name}`\n" in found["docs/events.md"]
        assert f'"{name}": ' in found["web/src/protocol.ts"]
        assert f'"name": "{name}"' in found["docs/asyncapi.json"]
    for route in ROUTES:
        assert f"`{route.method} {route.path}`" in found["docs/http.md"]


def test_every_link_in_the_reference_leads_somewhere() -> None:
    found = documents()
    heads = re.findall(r"^#+ `?([^`\n]+)`?$", found["docs/events.md"], re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9_ -]", "", head.lower()).replace(" ", "-") for head in heads}
    for page in ("docs/events.md", "docs/http.md"):
        assert set(re.findall(r"\]\([\w.]*#([^)]+)\)", found[page])) <= anchors


def test_the_asyncapi_document_is_valid() -> None:
    official = MODULES / "@asyncapi" / "specs" / "schemas" / "3.0.0-without-$id.json"
    document = json.loads(documents()["docs/asyncapi.json"])
    validator = jsonschema.Draft7Validator(json.loads(official.read_text("utf-8")))
    assert [error.message for error in validator.iter_errors(document)] == []
    assert len(document["operations"]) == len(EVENTS) + len(broadcasts())


def test_every_reference_in_the_asyncapi_document_is_there() -> None:
    document = json.loads(documents()["docs/asyncapi.json"])
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document)):
        where: Any = document
        for step in reference.split("/"):
            where = where[step]


def test_a_client_compiles_and_a_wrong_one_does_not(project: Path) -> None:
    wrong = {f"wrong{n}": line for n, line in enumerate(WRONG.values())}
    files = {
        name: CLIENT.replace("  const next", f"  {line}\n  const next")
        for name, line in wrong.items()
    }
    said = compiled(project, client=CLIENT, **files)
    assert said.pop("client") == []
    accepted = [case for case, name in zip(WRONG, wrong, strict=True) if not said[name]]
    assert accepted == []
    assert "protocol" not in said


async def test_what_the_server_sends_is_as_described(house: House) -> None:
    account = await sign_up(house.urls[0], "ada")
    ada = await Client(house.urls[0], account).connect()
    contract = gather()
    schemas = {"components": {"schemas": dict(contract.objects)}}

    def as_described(name: str, value: Any) -> None:
        schema = {"$ref": f"#/components/schemas/{name}", **schemas}
        jsonschema.validate(value, schema, jsonschema.Draft202012Validator)
        assert set(value) <= set(contract.objects[name]["properties"])

    as_described("SignedIn", account)
    as_described("Connected", await ada.hears("connected"))
    as_described("OwnUser", await ada.ok("user:me"))
    as_described("Session", (await ada.ok("session:list"))[0])
    await ada.close()


async def test_the_readmes_client_works(house: House, tmp_path: Path) -> None:
    (code,) = re.findall(r"```js\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert len(code.splitlines()) == 10
    (tmp_path / "node_modules").symlink_to(MODULES)
    written = code.replace("http://127.0.0.1:8080", house.urls[0])
    (tmp_path / "client.mjs").write_text(f"{written}\nsocket.disconnect();\n", "utf-8")
    process = await asyncio.create_subprocess_exec(
        "node", "client.mjs", cwd=tmp_path, stdout=-1, stderr=-1
    )
    said, complained = await asyncio.wait_for(process.communicate(), 60)
    assert (process.returncode, complained) == (0, b"")
    assert b"success: true" in said
    status, _ = await post(house.urls[0], "/auth/guest", {"username": "x"})
    assert status == 400
