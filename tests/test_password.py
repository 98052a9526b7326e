"""Changing a password: who knows the old one does, and whoever else was signed in is out."""

import asyncio
from uuid import UUID

from tests.client import PASSWORD, Client, get, post
from tests.conftest import Connect
from tests.credentials import log_in
from tests.servers import House

NEW = "a quite different password"


def change(current: str = PASSWORD, new: str = NEW) -> dict[str, str]:
    return {"currentPassword": current, "newPassword": new}


async def test_from_now_on_the_new_one_signs_in_and_the_old_one_does_not(connect: Connect) -> None:
    ada = await connect("ada")
    await ada.ok("user:change_password", change())
    status, answer = await log_in(ada)
    assert (status, answer["error"]) == (401, "Invalid email or password")
    assert (await log_in(ada, password=NEW))[0] == 200


async def test_the_other_sessions_end_at_once_and_this_one_stays(connect: Connect) -> None:
    ada = await connect("ada")
    tablet = await connect(same=ada)
    account = (await log_in(ada))[1]["data"]
    phones = [await Client(url, account).connect() for url in (ada.url, tablet.url)]
    await ada.ok("user:change_password", change())
    for phone in phones:
        end = await phone.hears("session:ended")
        assert end == {"code": "session_revoked", "reconnect": False}
        await phone.disconnected.wait()
    status, answer = await get(ada.url, "/auth/me", account["accessToken"])
    assert (status, answer["code"]) == (401, "session_revoked")
    body = {"refreshToken": account["refreshToken"]}
    assert (await post(ada.url, "/auth/refresh", body))[0] == 401
    assert [each["current"] for each in await ada.ok("session:list")] == [True]
    assert (await tablet.ok("user:me"))["id"] == ada.id
    assert ada.heard("session:ended") == tablet.heard("session:ended") == []


async def test_a_wrong_one_changes_nothing(connect: Connect) -> None:
    ada, guest = await connect("ada"), await connect("guest", guest=True)
    assert await ada.refused("user:change_password", change("a guess")) == "forbidden"
    assert await ada.refused("user:change_password", {"newPassword": NEW}) == "validation_failed"
    assert await ada.refused("user:change_password", change(new="short")) == "validation_failed"
    assert await guest.refused("user:change_password", change()) == "forbidden"
    assert (await log_in(ada))[0] == 200


async def test_the_same_password_again_is_fine(connect: Connect) -> None:
    ada = await connect("ada")
    await ada.ok("user:change_password", change(new=PASSWORD))
    assert (await log_in(ada))[0] == 200


async def test_of_two_changes_at_once_one_wins(connect: Connect) -> None:
    ada = await connect("ada")
    other = await connect(same=ada)
    news = (NEW, NEW[::-1])
    asked = (
        socket.call("user:change_password", change(new=new))
        for socket, new in zip((ada, other), news, strict=True)
    )
    answers = await asyncio.gather(*asked)
    assert sorted(answer.get("code", "success") for answer in answers) in (
        ["conflict", "success"],
        ["forbidden", "success"],
    )
    winner = news[[answer["success"] for answer in answers].index(True)]
    assert [(await log_in(ada, password=new))[0] for new in news].count(200) == 1
    assert (await log_in(ada, password=winner))[0] == 200


async def test_only_a_slow_salted_hash_is_kept(connect: Connect, house: House) -> None:
    ada = await connect("ada")
    await ada.ok("user:change_password", change())
    (row,) = await house.fetch("SELECT password_hash FROM users WHERE id = $1", UUID(ada.id))
    assert row["password_hash"].startswith("$argon2id$")
    assert NEW not in row["password_hash"]
