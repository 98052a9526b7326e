"""The request with which a websocket begins (RFC 6455, section 4.2): read, checked, answered."""

import asyncio
import base64
import binascii
import hashlib
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

import orjson

MAX_HEAD_BYTES = 16 * 1024
MAX_LINE_BYTES = 8190  # as aiohttp
MAX_HEADERS = 128
END = b"\r\n\r\n"
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# Visible characters, spaces and tabs; what is beyond ASCII is nobody's to give a meaning to.
VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
# Left to itself, the kernel takes 4 MiB for a client that does not read.
SEND_BUFFER_BYTES = 256 * 1024


class RefusedUpgradeError(Exception):
    """The request is no websocket's. `code` is Engine.IO's number for it, where it has one."""

    def __init__(
        self,
        message: str,
        status: int = 400,
        code: int = 3,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.headers = status, code, dict(headers or {})

    def answer(self) -> bytes:
        """The refusal as it goes over the wire; the connection ends with it."""
        body = orjson.dumps({"code": self.code, "message": str(self)})
        lines = [
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "Connection: close",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        return "\r\n".join(lines).encode() + END + body


@dataclass(frozen=True, slots=True)
class Head:
    """A request's first line and headers; their names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters; of one that is given twice the last counts."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    def environ(self) -> dict[str, str]:
        """The request as python-socketio's `connect` handlers know it."""
        environ = {
            "REQUEST_METHOD": self.method,
            "PATH_INFO": self.path,
            "QUERY_STRING": self.target.partition("?")[2],
            "RAW_URI": self.target,
            "SERVER_PROTOCOL": "HTTP/1.1",
            "SCRIPT_NAME": "",
        }
        for name, value in self.headers.items():
            environ["HTTP_" + name.upper().replace("-", "_")] = value
        return environ


def read_head(head: bytes) -> Head:
    """A request's head, without the empty line at its end; strict, as what is odd is an attack."""
    lines = head.decode("latin-1").split("\r\n")
    if any(len(line) > MAX_LINE_BYTES for line in lines) or len(lines) > MAX_HEADERS:
        raise RefusedUpgradeError("The request's head is too large.", 431)
    parts = lines[0].split(" ")
    if len(parts) != 3 or parts[2] != "HTTP/1.1" or not VALUE.fullmatch(parts[1]):
        raise RefusedUpgradeError("This takes an HTTP/1.1 request.")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not TOKEN.fullmatch(name) or not VALUE.fullmatch(value):
            raise RefusedUpgradeError("A header cannot be read.")
        key, value = name.lower(), value.strip(" \t")
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return Head(parts[0], parts[1], headers)


def accept(head: Head) -> bytes:
    """The answer that turns the connection into a websocket; no extension is taken up."""
    headers = head.headers
    if head.method != "GET":
        raise RefusedUpgradeError("A websocket begins with GET.", code=2)
    if "host" not in headers or "content-length" in headers or "transfer-encoding" in headers:
        raise RefusedUpgradeError("A websocket begins with a request that has a host and no body.")
    if "websocket" not in words(headers, "upgrade") or "upgrade" not in words(
        headers, "connection"
    ):
        raise RefusedUpgradeError("This takes a websocket.")
    if headers.get("sec-websocket-version") != "13":
        version = {"Sec-WebSocket-Version": "13", "Upgrade": "websocket"}
        raise RefusedUpgradeError("This takes version 13 of websockets.", 426, headers=version)
    key = headers.get("sec-websocket-key", "")
    if not is_key(key):
        raise RefusedUpgradeError("The websocket's key is none.")
    digest = base64.b64encode(hashlib.sha1(key.encode() + GUID, usedforsecurity=False).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + digest + END
    )


def words(headers: Mapping[str, str], name: str) -> list[str]:
    """The words of a header that is a list, in lower case."""
    return [word.strip().lower() for word in headers.get(name, "").split(",")]


def is_key(key: str) -> bool:
    """Whether it is sixteen bytes in base 64."""
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


@dataclass(frozen=True, slots=True)
class Origins:
    """Which pages may connect: those listed (`*`: all), and our own, as its browser names it.

    `behind_proxy`: whether what a proxy says of the request (`X-Forwarded-…`) is believed.
    """

    listed: frozenset[str]
    behind_proxy: bool = False

    def admit(self, headers: Mapping[str, str]) -> bool:
        """Whether a request with these headers may go on; one without an origin is no page's."""
        origin = headers.get("origin")
        if origin is None or "*" in self.listed or origin in self.listed:
            return True
        scheme, _, host = origin.partition("://")
        return scheme in {"http", "https"} and host.lower() in self._own_hosts(headers)

    def _own_hosts(self, headers: Mapping[str, str]) -> set[str]:
        names = ["host", "x-forwarded-host"] if self.behind_proxy else ["host"]
        return {headers[name].split(",")[0].strip().lower() for name in names if name in headers}


def bound_send_buffer(transport: asyncio.Transport) -> None:
    """Let the kernel hold only so much of what a client does not read."""
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
