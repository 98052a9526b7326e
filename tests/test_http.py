"""The HTTP side: one envelope for every failure, whose pages may call, and what watches over us."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from tests.client import PASSWORD, get, post
from tests.conftest import Connect, sign_up
from tests.servers import House

KEYS = {"success", "error", "code"}


async def ask(
    house: House, method: str, path: str, body: bytes | str = b"", **headers: str
) -> tuple[int, Any, Any]:
    """Status, headers and JSON (or text) of a request made by hand."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    async with (
        aiohttp.ClientSession() as http,
        http.request(method, house.urls[0] + path, data=body, headers=names) as response,
    ):
        text = await response.text()
        is_json = response.content_type == "application/json"
        return response.status, response.headers, json.loads(text) if is_json else text


def register(**changes: Any) -> dict[str, Any]:
    return {"username": "ada", "password": PASSWORD, **changes}


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        ({}, ["username"], "required"),
        (register(username="ab"), ["username"], "too_short"),
        (register(username="a" * 33), ["username"], "too_long"),
        (register(username="ada lovelace"), ["username"], "invalid"),
        (register(username="ädä"), ["username"], "invalid"),
        (register(username="ada\n"), ["username"], "invalid"),
        (register(username=7), ["username"], "invalid_type"),
        (register(username=None), ["username"], "invalid"),
        (register(password="short"), ["password"], "too_short"),
        (register(password="x" * 129), ["password"], "too_long"),
        (register(password="with\x00zero"), ["password"], "invalid"),
        (register(password="half \ud800 sign"), ["password"], "invalid"),
        (register(email="nobody"), ["email"], "invalid"),
        (register(email="a@b"), ["email"], "invalid"),
        (register(email=7), ["email"], "invalid_type"),
        (register(email=None), ["email"], "invalid"),
        (register(email=f"{'x' * 250}@example.org"), ["email"], "too_long"),
        (register(email='"\x01"@example.org'), ["email"], "invalid"),
        (register(displayName=""), ["displayName"], "too_short"),
        (register(displayName="  "), ["displayName"], "too_short"),
        (register(displayName="x" * 33), ["displayName"], "too_long"),
        (register(admin=True), ["admin"], "unknown"),
        ([], [], "invalid_type"),
        ("ada", [], "invalid_type"),
        (None, [], "invalid_type"),
    ],
)
async def test_a_body_that_is_not_as_declared_says_where_and_why(
    house: House, body: Any, path: list[str], code: str
) -> None:
    status, _, answer = await ask(house, "POST", "/auth/register", json.dumps(body))
    assert (status, answer["code"]) == (400, "validation_failed")
    assert answer["success"] is False
    found = [(detail["path"], detail["code"]) for detail in answer["details"]]
    assert (path, code) in found
    assert all(detail["message"] for detail in answer["details"])


@pytest.mark.parametrize(
    "body", [b"{", b"\xff\xfe", b"{}{}", b"[" * 20_000, b"nul", b'{"a":' * 5000, b"1" * 5000]
)
async def test_a_body_that_is_no_json_is_refused(house: House, body: bytes) -> None:
    status, _, answer = await ask(house, "POST", "/auth/register", body)
    assert (status, answer["code"]) == (400, "validation_failed")
    assert answer["details"][0]["path"] == []


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_body_that_is_packed_wrongly_is_refused(house: House, encoding: str) -> None:
    body, headers = b"not packed at all", {"Content_Encoding": encoding}
    status, _, answer = await ask(house, "POST", "/auth/register", body, **headers)
    assert (status, answer["code"]) == (400, "validation_failed")


async def test_a_body_over_64_kib_is_too_large(house: House) -> None:
    for body in (b" " * 65_537, b'{"username":"' + b"x" * 70_000 + b'"}'):
        status, _, answer = await ask(house, "POST", "/auth/register", body)
        assert (status, answer["code"]) == (413, "payload_too_large")
        assert answer.keys() == KEYS


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing/here", 404, "not_found"),
        ("GET", "/assets/../server.py", 404, "not_found"),
        ("GET", "/assets/%00", 404, "not_found"),
        ("GET", "/assets/" + "x" * 300, 404, "not_found"),
        ("GET", "/assets/%2e%2e%2fserver.py", 404, "not_found"),
        ("GET", "/media/%00", 404, "not_found"),
        ("GET", "/auth/register", 405, "not_found"),
        ("DELETE", "/health", 405, "not_found"),
        ("GET", "/auth/me", 401, "token_missing"),
        ("POST", "/auth/logout", 401, "token_missing"),
    ],
)
async def test_every_refusal_is_an_envelope(
    house: House, method: str, path: str, status: int, code: str
) -> None:
    found, headers, answer = await ask(house, method, path)
    assert (found, answer["code"]) == (status, code)
    assert answer.keys() == KEYS
    assert answer["error"].endswith(".")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert (found == 405) == ("Allow" in headers)


@pytest.mark.parametrize("scheme", ["", "Basic YTpi", "Bearer", "Bearer ", "bearer\t", "Token x"])
async def test_what_is_no_bearer_token_is_missing(house: House, scheme: str) -> None:
    status, _, answer = await ask(house, "GET", "/auth/me", Authorization=scheme)
    assert (status, answer["code"]) == (401, "token_missing")


async def test_a_device_is_noted_whatever_it_calls_itself(house: House) -> None:
    host, _, port = house.urls[0].removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"POST /auth/guest HTTP/1.1\r\nHost: x\r\nConnection: close\r\nUser-Agent: \xff\xfe\x80\r\n"
        b"Content-Length: 23\r\n\r\n" + b'{"username":"%s"}' % str(id(reader))[-8:].encode()
    )
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200")


async def test_names_and_emails_are_one_without_regard_to_case(house: House) -> None:
    account = await sign_up(house.urls[0], "Ada")
    name: str = account["user"]["username"]
    email = f"{name}@Example.org"
    body = {"username": f"{name[:20]}-2", "password": PASSWORD, "email": email}
    status, first = await post(house.urls[0], "/auth/register", body)
    assert (status, first["data"]["user"]["email"]) == (201, email)
    for taken in ({"username": name.swapcase()}, {"email": email.swapcase()}):
        again = {"username": f"{name[:20]}-3", "password": PASSWORD, **taken}
        status, answer = await post(house.urls[-1], "/auth/register", again)
        assert (status, answer["code"]) == (409, "conflict")
    for who in ({"email": email.upper()}, {"username": f"{name[:20]}-2".upper()}):
        status, answer = await post(house.urls[-1], "/auth/login", {"password": PASSWORD, **who})
        assert status == 200
        assert answer["data"]["user"]["id"] == first["data"]["user"]["id"]


async def test_a_name_to_show_may_be_any_text_and_is_the_username_by_default(
    house: House,
) -> None:
    account = await sign_up(house.urls[0], "ada")
    assert account["user"]["displayName"] == account["user"]["username"]
    body = {"username": account["user"]["username"][:-1], "password": PASSWORD}
    shown = "Ada \N{MUSICAL SYMBOL G CLEF} Ünïcode"
    _, answer = await post(house.urls[0], "/auth/register", {**body, "displayName": shown})
    assert answer["data"]["user"]["displayName"] == shown


async def test_a_guest_has_a_name_and_nothing_else(house: House) -> None:
    account = await sign_up(house.urls[0], "visitor", guest=True)
    user = account["user"]
    assert (user["isGuest"], user["email"]) == (True, None)
    body = {"username": user["username"], "password": PASSWORD}
    status, answer = await post(house.urls[0], "/auth/login", body)
    assert (status, answer["error"]) == (401, "Invalid email or password")
    status, answer = await get(house.urls[0], "/auth/me", account["accessToken"])
    assert (status, answer["data"]["user"]) == (200, user)


@pytest.mark.parametrize("both", [{}, {"username": "ada", "email": "ada@example.org"}])
async def test_a_login_names_its_user_in_one_way(house: House, both: dict[str, str]) -> None:
    status, answer = await post(house.urls[0], "/auth/login", {"password": PASSWORD, **both})
    assert (status, answer["code"]) == (400, "validation_failed")


async def test_alive_ready_and_counted(house: House, connect: Connect) -> None:
    ada = await connect("ada")
    await ada.refused("clock:sync", {})
    assert await get(ada.url, "/health") == (200, {"success": True, "data": {"status": "alive"}})
    status, answer = await get(ada.url, "/health/ready")
    assert (status, set(answer["data"].values())) == (200, {"ok"})
    assert {"database", "redis", "bus", "server"} <= answer["data"].keys()
    async with aiohttp.ClientSession() as http, http.get(f"{ada.url}/metrics") as response:
        text = await response.text()
    assert 'soundroom_event_seconds_count{event="clock:sync"}' in text
    error = 'soundroom_event_errors_total{code="validation_failed",event="clock:sync"}'
    assert error in text


async def test_the_page_is_there_or_says_how_to_get_it(house: House) -> None:
    status, headers, page = await ask(house, "GET", "/")
    assert status == 200
    assert headers["Content-Type"].startswith("text/html")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "<script" in page or "make web" in page
