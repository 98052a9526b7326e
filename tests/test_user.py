"""Users: who they are, what they may change of it, and how they are found."""

from importlib import import_module
from pathlib import Path
from unittest.mock import Mock, patch
from uuid import uuid4

import pytest

from models import search_sqlite
from models.search import matching
from models.user import User
from tests.client import Client, post
from tests.conftest import Connect, sign_up
from tests.databases import opened
from tests.friends import delete, named, paged
from tests.rooms import Json
from tests.servers import House


def word() -> str:
    """A word that nobody else is called."""
    return f"x{uuid4().hex[:10]}"


async def found(client: Client, query: str) -> list[str]:
    """The ids of the users that a query finds."""
    return [user["id"] for user in await client.ok("user:list", {"query": query})]


async def test_a_user_is_got_by_id_and_by_tag(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    user = await ada.ok("user:get", named(bob))
    assert user == await ada.ok("user:get", {"tag": bob.user["tag"].upper()})
    assert (user["username"], user["status"]) == (bob.user["username"], "online")
    assert "email" not in user
    both = {**named(bob), "tag": bob.user["tag"]}
    for payload in ({}, both, {"userId": None}, {"tag": bob.user["username"]}, {"tag": 5}):
        assert await ada.refused("user:get", payload) == "validation_failed"


async def test_who_has_deleted_their_account_is_nowhere(connect: Connect, house: House) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    assert await found(ada, bob.user["username"]) == [bob.id]
    await delete(house, bob)
    name, number = bob.user["tag"].split("#")
    another = f"{name}#{(int(number) + 1) % 10000:04}"
    for payload, unknown in (
        (named(bob), {"userId": str(uuid4())}),
        ({"tag": bob.user["tag"]}, {"tag": another}),
    ):
        assert await ada.refused("user:get", payload) == "not_found"
        assert await ada.call("user:get", payload) == await ada.call("user:get", unknown)
    assert await found(ada, bob.user["username"]) == []


async def test_users_are_found_by_the_beginnings_of_words(connect: Connect) -> None:
    ada, eve = await connect("ada"), await connect("eve")
    one, two = word(), word()
    await eve.ok("user:update_profile", {"displayName": f"Zoë {one.upper()}", "username": two})
    for query in (one, one[:6], f"zoe {one}", f"{one[:5]} ZOË", two, two[:5].upper()):
        assert eve.id in await found(ada, query), query
    for query in (one[1:], f"{one} {word()}", "%", f"{one[:4]}_{one[5:]}"):
        assert await found(ada, query) == [], query


async def test_who_is_called_otherwise_is_found_otherwise(connect: Connect) -> None:
    ada = await connect("ada")
    adas_other = await connect(same=ada)
    first, second, third = word(), word(), word()
    await ada.ok("user:update_profile", {"displayName": first})
    assert await found(ada, first) == [ada.id]
    await ada.ok("user:update_profile", {"displayName": second})
    await adas_other.ok("user:update_profile", {"username": third})
    assert await found(ada, first) == await found(ada, ada.user["username"]) == []
    assert await found(ada, f"{third} {second}") == [ada.id]


async def test_users_are_listed_by_name_in_pages(connect: Connect, house: House) -> None:
    ada, prefix = await connect("ada"), word()
    names = [f"{prefix}-{letter}" for letter in "dBacE"]
    for name in names:
        body = {"username": name, "password": "correct horse battery"}
        assert (await post(house.urls[0], "/auth/register", body))[0] == 201
    users = await paged(ada, "user:list", {"query": prefix, "limit": 2})
    assert [user["username"] for user in users] == sorted(names, key=str.lower)


async def test_an_own_profile_is_changed_and_everybody_hears_of_it(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    changes = {
        "username": word(),
        "displayName": "A" * 32,
        "bio": "b" * 500,
        "avatarUrl": "https://example.org/a.png",
    }
    changed = await ada.ok("user:update_profile", changes)
    assert {key: changed[key] for key in changes} == changes
    assert changed["tag"] == f"{changes['username']}#{ada.user['tag'][-4:]}"
    heard = await bob.hears("user:updated", lambda user: user["id"] == ada.id)
    assert {key: heard[key] for key in changes} == changes
    assert "email" not in heard
    emptied = await ada.ok("user:update_profile", {"bio": "", "avatarUrl": None})
    assert (emptied["bio"], emptied["avatarUrl"]) == ("", None)
    assert (await bob.ok("user:get", named(ada)))["bio"] == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": "ab"},
        {"username": "a" * 33},
        {"username": "a b"},
        {"username": None},
        {"displayName": ""},
        {"displayName": "  "},
        {"displayName": "a" * 33},
        {"displayName": None},
        {"displayName": "a\u0000"},
        {"bio": "b" * 501},
        {"bio": 5},
        {"avatarUrl": "javascript:alert(1)"},
        {"avatarUrl": ""},
        {"avatarUrl": "https://" + "a" * 2048},
        {"role": "admin"},
        {"email": "a@example.org"},
    ],
)
async def test_what_no_profile_has_is_refused(connect: Connect, wrong: Json) -> None:
    ada = await connect("ada")
    assert await ada.refused("user:update_profile", wrong) == "validation_failed"


async def test_a_name_is_one_persons_without_regard_to_case(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    taken = {"username": bob.user["username"].upper(), "displayName": "Not Ada"}
    assert await ada.refused("user:update_profile", taken) == "conflict"
    user = await ada.ok("user:me")
    assert (user["username"], user["displayName"]) == (ada.user["username"], ada.user["username"])
    mine = await bob.ok("user:update_profile", {"username": bob.user["username"].upper()})
    assert mine["username"] == bob.user["username"].upper()


async def test_who_has_signed_up_can_be_found(connect: Connect, house: House) -> None:
    ada, name, shown = await connect("ada"), word(), word()
    body = {"username": name, "password": "correct horse battery", "displayName": f"Big {shown}"}
    _, answer = await post(house.urls[0], "/auth/register", body)
    user_id = answer["data"]["user"]["id"]
    assert await found(ada, f"{shown} {name}") == [user_id]
    guest = await sign_up(house.urls[0], name[:8], guest=True)
    assert guest["user"]["id"] in await found(ada, name[:8])


async def test_who_signed_up_before_there_were_words_is_found_by_them(tmp_path: Path) -> None:
    migration = import_module("models.migrations.0004_people")
    async with opened(tmp_path):
        for number in range(5):
            await User.sign_up(f"ada-{number}", display_name=f"Änne {number}")
        await User.all().update(words="", display_key="")
        await search_sqlite.prepare()
        with patch.object(migration, "AT_ONCE", 2):
            await migration.find_and_sort(Mock(get_model=lambda _: User), None)
        assert await matching(User.all(), "anne ada").count() == 5
        assert {user.display_key for user in await User.all()} == {f"anne {n}" for n in range(5)}
