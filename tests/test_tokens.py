"""Access tokens: which are good, for how long a socket lives by one, and what is never logged."""

import json
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import pytest
import socketio

from tests.client import PASSWORD, Client, get, post
from tests.conftest import Connect, again, house_env, sign_up
from tests.servers import House

Json = dict[str, Any]


def claims_of(token: str) -> Json:
    claims: Json = jwt.decode(token, options={"verify_signature": False})
    return claims


def secret_of(house: House, name: str = "jwt_access_secret") -> str:
    return (house.data_dir / "secrets" / name).read_text(encoding="ascii").strip()


def signed(house: House, token: str, *, algorithm: str = "HS256", **changes: Any) -> str:
    """The token with other claims, signed with the house's own secret."""
    claims = {**claims_of(token), **changes}
    kept = {key: value for key, value in claims.items() if value is not ...}
    return jwt.encode(kept, secret_of(house), algorithm)


def unsigned(token: str) -> str:
    return jwt.encode(claims_of(token), "", "none")


async def refusal(house: House, token: str) -> str:
    """The code with which a token is refused: over HTTP and on a socket alike."""
    status, answer = await get(house.urls[0], "/auth/me", token)
    assert status == 401, answer
    errors: list[Json] = []
    sio = socketio.AsyncClient(reconnection=False)
    sio.on("connect_error", errors.append)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await sio.connect(house.urls[-1], auth={"token": token}, transports=["websocket"])
    code: str = answer["code"]
    assert errors[0]["data"] == {"code": code}
    return code


async def test_only_our_own_access_tokens_of_living_sessions_are_good(house: House) -> None:
    account = await sign_up(house.urls[0])
    good = account["accessToken"]
    head, body, signature = good.split(".")
    nobody = str(uuid4())
    forged = {
        "no algorithm": unsigned(good),
        "no signature": f"{head}.{body}.",
        "another signature": f"{head}.{body}.{signature[::-1]}",
        "another algorithm": signed(house, good, algorithm="HS512"),
        "another secret": jwt.encode(claims_of(good), "x" * 40, "HS256"),
        "a refresh token": account["refreshToken"],
        "another type": signed(house, good, type="refresh"),
        "no type": signed(house, good, type=...),
        "no end": signed(house, good, exp=...),
        "an end that is no number": signed(house, good, exp="tomorrow"),
        "no session": signed(house, good, sid=...),
        "a session that is no id": signed(house, good, sid="x"),
        "a session in a list": signed(house, good, sid=[claims_of(good)["sid"]]),
        "too long": "x" * 5000,
        "rubbish": "a.b.c",
    }
    found = {what: await refusal(house, token) for what, token in forged.items()}
    assert found == dict.fromkeys(forged, "token_invalid")
    assert await refusal(house, signed(house, good, exp=int(time.time()) - 1)) == "token_expired"
    assert await refusal(house, signed(house, good, sid=nobody)) == "session_revoked"
    assert (await get(house.urls[0], "/auth/me", good))[0] == 200


async def test_a_refresh_token_is_no_access_token_and_the_reverse(house: House) -> None:
    account = await sign_up(house.urls[0])
    body = {"refreshToken": account["accessToken"]}
    status, answer = await post(house.urls[0], "/auth/refresh", body)
    assert (status, answer["code"]) == (401, "token_invalid")


async def test_a_socket_is_warned_a_minute_before_its_token_ends(
    house: House, connect: Connect
) -> None:
    ada = await connect("ada")
    ends_at = int(time.time()) + 61
    soon = {**again(ada), "accessToken": signed(house, ada.token, exp=ends_at)}
    client = await Client(house.urls[0], soon).connect()
    warning = await client.hears("session:expiring")
    assert warning["expiresAt"].endswith("Z")
    assert client.heard("session:ended") == ada.heard("session:expiring") == []
    renewed = await client.ok("session:renew", {"token": ada.token})
    assert renewed["expiresAt"] > warning["expiresAt"]
    await client.close()


async def test_a_socket_ends_with_its_token_and_may_come_back_with_another(
    house: House, connect: Connect
) -> None:
    ada = await connect("ada")
    short = signed(house, ada.token, exp=int(time.time()) + 2)
    client = await Client(house.urls[-1], {**again(ada), "accessToken": short}).connect()
    end = await client.hears("session:ended")
    assert end == {"code": "token_expired", "reconnect": True}
    await client.disconnected.wait()
    assert (await ada.call("user:me"))["success"]
    assert await refusal(house, short) == "token_expired"


async def test_a_renewed_socket_outlives_its_first_token(house: House, connect: Connect) -> None:
    ada = await connect("ada")
    short = signed(house, ada.token, exp=int(time.time()) + 2)
    client = await Client(house.urls[0], {**again(ada), "accessToken": short}).connect()
    await client.ok("session:renew", {"token": ada.token})
    while int(time.time()) < claims_of(short)["exp"] + 1:
        assert (await client.call("clock:sync", {"clientTime": 1}))["success"]
    assert client.heard("session:ended") == []
    await client.close()


async def test_no_log_holds_what_is_secret(tmp_path: Path) -> None:
    house = House("sqlite", {**house_env(tmp_path), "LOG_LEVEL": "debug"})
    process = house.start()
    said = "the secret of the old lighthouse"
    account = await sign_up(process.url, "ada")
    name = account["user"]["username"]
    await post(process.url, "/auth/login", {"username": name, "password": "wrong " + PASSWORD})
    await post(process.url, "/auth/refresh", {"refreshToken": account["refreshToken"]})
    ada = await Client(process.url, account).connect(["polling", "websocket"])
    await ada.ok("message", {"content": said})
    await ada.refused("message", {"content": said, "nobodyKnows": said})
    await ada.refused("session:renew", {"token": account["refreshToken"]})
    await ada.call(said, {})
    await ada.close()
    house.stop()
    log = json.dumps(process.lines)
    assert "user:me" not in log
    assert '"event_name": "message"' in log
    secrets = [said, PASSWORD, account["accessToken"], account["refreshToken"], secret_of(house)]
    assert [secret for secret in secrets if secret in log] == []
    signatures = [token.split(".")[2] for token in secrets[2:4]]
    assert [signature for signature in signatures if signature in log] == []
