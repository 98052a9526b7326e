"""Friends in races: on two processes at one instant one thing comes of it, and both sides agree."""

import asyncio
import random
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from models.friend import pair_of
from tests.client import Client
from tests.conftest import Connect
from tests.friends import asks, friends_of, named, requests_of
from tests.rooms import Json
from tests.servers import House

ROUNDS = 20

# Ada has asked Bob, or they are friends, or nothing yet. Then two things happen at once, each by
# somebody's socket; what both may be answered, and what is between the two after that.
RACES = {
    "two requests cross": (
        "strangers",
        ("ada friend:request bob", "bob friend:request ada"),
        {("success", "success"): "friends"},
    ),
    "one request is sent twice": (
        "strangers",
        ("ada friend:request bob", "ada2 friend:request bob"),
        {("success", "success"): "asked"},
    ),
    "accept against cancel": (
        "asked",
        ("bob friend:accept", "ada friend:cancel"),
        {("success", "not_found"): "friends", ("not_found", "success"): "strangers"},
    ),
    "accept against decline": (
        "asked",
        ("bob friend:accept", "bob2 friend:decline"),
        {("success", "not_found"): "friends", ("not_found", "success"): "strangers"},
    ),
    "decline against cancel": (
        "asked",
        ("bob friend:decline", "ada friend:cancel"),
        {("success", "not_found"): "strangers", ("not_found", "success"): "strangers"},
    ),
    "two accept": (
        "asked",
        ("bob friend:accept", "bob2 friend:accept"),
        {("success", "not_found"): "friends", ("not_found", "success"): "friends"},
    ),
    "accept against a request": (
        "asked",
        ("bob friend:accept", "bob2 friend:request ada"),
        {("success", "conflict"): "friends", ("not_found", "success"): "friends"},
    ),
    "remove against accept": (
        "asked",
        ("bob friend:accept", "ada friend:remove bob"),
        {("success", "not_found"): "friends", ("success", "success"): "strangers"},
    ),
    "two remove": (
        "friends",
        ("bob friend:remove ada", "ada friend:remove bob"),
        {("success", "not_found"): "strangers", ("not_found", "success"): "strangers"},
    ),
    "remove against a request": (
        "friends",
        ("bob friend:remove ada", "ada friend:request bob"),
        {("success", "conflict"): "strangers", ("success", "success"): "asked"},
    ),
    "block against accept": (
        "asked",
        ("ada user:block bob", "bob friend:accept"),
        {("success", "not_found"): "strangers", ("success", "success"): "strangers"},
    ),
    "block against a request": (
        "strangers",
        ("ada user:block bob", "bob friend:request ada"),
        {("success", "not_found"): "strangers", ("success", "success"): "strangers"},
    ),
    "block against a block": (
        "friends",
        ("ada user:block bob", "bob user:block ada"),
        {("success", "not_found"): "strangers", ("not_found", "success"): "strangers"},
    ),
}


@pytest.mark.parametrize("race", RACES)
async def test_one_thing_comes_of_a_race(connect: Connect, house: House, race: str) -> None:
    before, calls, outcomes = RACES[race]
    ada, bob = await connect("ada"), await connect("bob")
    people = {"ada": ada, "bob": bob, "bob2": await connect(same=bob)}
    people["ada2"] = await connect(same=ada)  # each of them has a socket on either process
    seen = set()
    for number in range(ROUNDS):
        request_id = await set_up(ada, bob, before)
        turns = calls if number % 2 else calls[::-1]
        answers = await asyncio.gather(*(do(people, call, request_id) for call in turns))
        found = dict(zip(turns, answers, strict=True))
        outcome = (found[calls[0]], found[calls[1]])
        assert await standing(house, ada, bob) == outcomes.get(outcome), (number, outcome)
        seen.add(outcome)
        for one, other in ((ada, bob), (bob, ada)):
            await one.ok("user:unblock", named(other))
    assert seen <= outcomes.keys()


async def set_up(ada: Client, bob: Client, before: str) -> str:
    """Bring about what is between two before a race; gives the request's id, if there is one."""
    await ada.call("friend:remove", named(bob))
    for requests in (await ada.ok("friend:requests"), await bob.ok("friend:requests")):
        for request in requests["incoming"]:
            client = ada if request["receiver"]["id"] == ada.id else bob
            await client.ok("friend:decline", {"requestId": request["id"]})
    if before == "strangers":
        return ""
    request_id: str = (await asks(ada, bob))["id"]
    if before == "friends":
        await bob.ok("friend:accept", {"requestId": request_id})
    return request_id


async def do(people: dict[str, Client], call: str, request_id: str) -> str:
    """Have it done; gives the code of the answer, or `success`."""
    who, event, *whom = call.split()
    payload = named(people[whom[0]]) if whom else {"requestId": request_id}
    answer = await people[who].call(event, payload)
    return "success" if answer["success"] else str(answer["code"])


async def standing(house: House, ada: Client, bob: Client) -> str:
    """What is between two: both lists say the same, and so do the rows."""
    ids = UUID(ada.id), UUID(bob.id)
    sides = "SELECT id FROM friendships WHERE user_id IN ($1, $2) AND friend_id IN ($1, $2)"
    requests = "SELECT id FROM friend_requests WHERE pair = $1"
    rows = len(await house.fetch(sides, *ids)), len(await house.fetch(requests, pair_of(*ids)))
    friends = ada.id in await friends_of(bob)
    assert friends is (bob.id in await friends_of(ada))
    incoming, outgoing = await requests_of(ada)
    assert (bob.id in incoming, bob.id in outgoing) == await turned(bob, ada)
    asked = bob.id in [*incoming, *outgoing]
    assert rows == (2 * friends, int(asked))
    assert not (friends and asked)
    return "friends" if friends else "asked" if asked else "strangers"


async def turned(client: Client, other: Client) -> tuple[bool, bool]:
    """Whether a user asks the other, and is asked by them."""
    incoming, outgoing = await requests_of(client)
    return other.id in outgoing, other.id in incoming


async def test_whatever_three_do_all_lists_agree(connect: Connect, house: House) -> None:
    chance = random.Random(4)
    people = [await connect(name) for name in ("ada", "bob", "eve")]
    people += [await connect(same=each) for each in (people[1], people[2], people[0])]
    for _ in range(ROUNDS // 2):
        await asyncio.gather(*(something(client, people, chance) for client in people * 3))
        for one, other in ((0, 1), (1, 2), (0, 2)):
            await standing(house, people[one], people[other])


async def something(client: Client, people: list[Client], chance: random.Random) -> None:
    """Do anything that can be done to one of the others."""
    other = chance.choice([each for each in people if each.id != client.id])
    event = chance.choice(
        ["friend:request", "friend:accept", "friend:decline", "friend:cancel", "friend:remove"] * 3
        + ["user:block", "user:unblock"]
    )
    payload = named(other)
    if event in {"friend:accept", "friend:decline", "friend:cancel"}:
        requests = await client.ok("friend:requests")
        known = requests["outgoing" if event == "friend:cancel" else "incoming"]
        if not known:
            return
        payload = {"requestId": known[0]["id"]}
    answer = await client.call(event, payload)
    assert answer["success"] or answer["code"] in {"conflict", "not_found"}, answer


async def test_a_crowd_that_asks_one_user_at_once_is_answered(connect: Connect) -> None:
    star = await connect("star")
    fans = [await connect("fan") for _ in range(24)]
    await asyncio.gather(*(asks(fan, star) for fan in fans))
    incoming, _ = await requests_of(star)
    assert sorted(incoming) == sorted(fan.id for fan in fans)
    answered = [star.ok("friend:request", named(fan)) for fan in fans]
    taken_back = [fan.call("friend:remove", named(star)) for fan in fans[::2]]
    await asyncio.gather(*answered, *taken_back)
    assert set(await friends_of(star)) == {
        fan.id for fan in fans if await friends_of(fan) == [star.id]
    }


async def test_what_a_process_did_last_is_heard_last(connect: Connect, house: House) -> None:
    ada, bob = [await on_the_first(house, connect, name=name) for name in ("ada", "bob")]
    again = [await on_the_first(house, connect, same=ada) for _ in range(2)]
    ears = [await connect(same=each) for each in (ada, bob)]
    for number in range(1, ROUNDS // 2 + 1):
        request = {"requestId": (await asks(ada, bob))["id"]}
        removals = [each.call("friend:remove", named(bob)) for each in [ada, *again] * 3]
        _, *answers = await asyncio.gather(bob.ok("friend:accept", request), *removals)
        if not any(answer["success"] for answer in answers):
            await ada.ok("friend:remove", named(bob))
        for ear in ears:
            await ear.hears("friend:removed", times(ear, "friend:removed", number))
            await ear.hears("friend:removed", times(ear, "friend:request_accepted", number))
            assert heard_friends(ear) == set()


async def on_the_first(house: House, connect: Connect, **who: Any) -> Client:
    """A client on the house's first process; there is one on each of the others, too."""
    first, *_ = [await connect(**who) for _ in house.urls]
    return first


def times(ear: Client, event: str, count: int) -> Callable[[Json], bool]:
    """Whether a socket has heard an event so often."""
    return lambda _: len(ear.heard(event)) >= count


def heard_friends(ear: Client) -> set[str]:
    """Who is a friend by what a socket has heard, which did nothing itself."""
    friends: set[str] = set()
    for name, data in ear.events:
        if name == "friend:request_accepted":
            friends.add(data["friend"]["user"]["id"])
        elif name == "friend:removed":
            friends.discard(data["userId"])
    return friends
