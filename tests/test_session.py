"""Signing in, sessions, and the connection."""

from typing import Any

import pytest
import socketio

from tests.client import PASSWORD, Client, get, post
from tests.conftest import Connect, again, sign_up
from tests.servers import House


async def test_the_first_event_says_who_i_am(connect: Connect) -> None:
    ada = await connect("ada")
    name, hello = ada.events[0]
    assert name == "connected"
    assert hello["userId"] == ada.id
    assert hello["user"]["username"] == ada.user["username"]
    assert hello["protocolVersion"] == 1
    assert hello["sessionId"]
    assert hello["clockEpoch"]


async def test_a_name_is_taken_without_regard_to_case(house: House) -> None:
    account = await sign_up(house.urls[0], "Ada")
    body = {"username": account["user"]["username"].upper(), "password": PASSWORD}
    status, answer = await post(house.urls[-1], "/auth/register", body)
    assert (status, answer["code"]) == (409, "conflict")


async def test_a_wrong_password_and_an_unknown_user_answer_the_same(house: House) -> None:
    account = await sign_up(house.urls[0])
    wrong = {"username": account["user"]["username"], "password": "wrong password"}
    unknown = {"username": "nobody-of-that-name", "password": "wrong password"}
    answers = [await post(house.urls[0], "/auth/login", body) for body in (wrong, unknown)]
    assert answers[0] == answers[1]
    assert answers[0][0] == 401
    assert answers[0][1]["error"] == "Invalid email or password"


@pytest.mark.parametrize(
    ("auth", "code"),
    [({"token": "rubbish"}, "token_invalid"), ({}, "token_missing"), (None, "token_missing")],
)
async def test_a_socket_without_a_good_token_is_refused_with_a_code(
    house: House, auth: dict[str, str] | None, code: str
) -> None:
    refusals: list[dict[str, Any]] = []
    sio = socketio.AsyncClient(reconnection=False)
    sio.on("connect_error", refusals.append)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await sio.connect(house.urls[0], auth=auth, transports=["websocket"])
    assert refusals[0]["data"] == {"code": code}
    assert refusals[0]["message"].endswith(".")


async def test_logging_out_disconnects_the_sockets_on_every_process(connect: Connect) -> None:
    ada = await connect("ada")
    other = await connect(same=ada)
    status, _ = await post(ada.url, "/auth/logout", token=ada.token)
    assert status == 200
    for socket in (ada, other):
        end = await socket.hears("session:ended")
        assert end == {"code": "session_revoked", "reconnect": False}
        await socket.disconnected.wait()
    status, answer = await get(ada.url, "/auth/me", ada.token)
    assert (status, answer["code"]) == (401, "session_revoked")


async def refresh(client: Client, token: str) -> tuple[int, dict[str, str]]:
    status, answer = await post(client.url, "/auth/refresh", {"refreshToken": token})
    return status, answer.get("data") or answer


async def test_a_lost_answer_to_a_refresh_locks_nobody_out(connect: Connect) -> None:
    ada = await connect("ada")
    first = await refresh(ada, ada.refresh_token)
    second = await refresh(ada, ada.refresh_token)
    assert first[0] == second[0] == 200
    assert (await refresh(ada, second[1]["refreshToken"]))[0] == 200


async def test_a_stolen_refresh_token_ends_the_session(connect: Connect) -> None:
    ada = await connect("ada")
    _, thief = await refresh(ada, ada.refresh_token)
    _, victim = await refresh(ada, ada.refresh_token)
    assert (await refresh(ada, thief["refreshToken"]))[0] == 200
    other = await connect(same=ada)
    status, answer = await refresh(ada, victim["refreshToken"])
    assert (status, answer["code"]) == (401, "session_revoked")
    for socket in (ada, other):
        end = await socket.hears("session:ended")
        assert end == {"code": "session_revoked", "reconnect": False}
        await socket.disconnected.wait()
    for token in (ada.token, thief["accessToken"]):
        status, answer = await get(ada.url, "/auth/me", token)
        assert (status, answer["code"]) == (401, "session_revoked")
    assert (await refresh(ada, thief["refreshToken"]))[0] == 401


async def test_a_refresh_token_works_once_its_successor_was_used_no_more(
    house: House, connect: Connect
) -> None:
    ada = await connect("ada")
    _, second = await refresh(ada, ada.refresh_token)
    assert (await refresh(ada, second["refreshToken"]))[0] == 200
    elsewhere = Client(house.urls[-1], again(ada))
    status, answer = await refresh(elsewhere, ada.refresh_token)
    assert (status, answer["code"]) == (401, "session_revoked")
    await ada.disconnected.wait()


async def test_a_renewed_socket_says_until_when(connect: Connect) -> None:
    ada = await connect("ada")
    _, fresh = await refresh(ada, ada.refresh_token)
    renewed = await ada.ok("session:renew", {"token": fresh["accessToken"]})
    assert renewed["expiresAt"].endswith("Z")


async def test_a_token_of_another_session_renews_nothing(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    assert await ada.refused("session:renew", {"token": bob.token}) == "token_invalid"


async def test_i_see_my_sessions_and_end_one(connect: Connect) -> None:
    ada = await connect("ada")
    body = {"username": ada.user["username"], "password": PASSWORD}
    _, login = await post(ada.url, "/auth/login", body)
    phone = await Client(ada.url, login["data"]).connect()
    sessions = await ada.ok("session:list")
    assert all(session["address"] and session["device"] for session in sessions)
    assert sorted(session["current"] for session in sessions) == [False, True]
    other = next(session for session in sessions if not session["current"])
    await ada.ok("session:revoke", {"sessionId": other["id"]})
    await phone.disconnected.wait()
    assert len(await ada.ok("session:list")) == 1


async def test_another_users_session_does_not_exist(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    (mine,) = await ada.ok("session:list")
    assert await bob.refused("session:revoke", {"sessionId": mine["id"]}) == "not_found"
