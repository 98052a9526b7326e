"""Friends: asking, answering, and who they are."""

from uuid import uuid4

from tests.conftest import Connect
from tests.friends import asks, befriend, delete, friends_of, named, requests_of
from tests.servers import House


async def test_a_request_waits_for_its_receiver(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    answer = await ada.ok("friend:request", named(bob))
    request = answer["request"]
    assert answer["friend"] is None
    assert (request["requester"]["id"], request["receiver"]["id"]) == (ada.id, bob.id)
    assert {request[who]["status"] for who in ("requester", "receiver")} == {"online"}
    assert (await bob.hears("friend:request_received")) == {"request": request}
    assert await ada.ok("friend:requests") == {"incoming": [], "outgoing": [request]}
    assert await bob.ok("friend:requests") == {"incoming": [request], "outgoing": []}
    assert await friends_of(ada) == await friends_of(bob) == []


async def test_a_user_is_asked_by_their_tag(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    answer = await ada.ok("friend:request", {"tag": bob.user["tag"].upper()})
    assert answer["request"]["receiver"]["id"] == bob.id


async def test_who_is_accepted_is_a_friend(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    adas_other, bobs_other = await connect(same=ada), await connect(same=bob)
    request = await asks(ada, bob)
    await bobs_other.hears("friend:request_received")
    friend = await bob.ok("friend:accept", {"requestId": request["id"]})
    assert friend == {"user": request["requester"], "since": friend["since"], "listening": None}
    for client in (ada, adas_other):
        heard = await client.hears("friend:request_accepted")
        assert heard["requestId"] == request["id"]
        assert heard["friend"] == {**friend, "user": request["receiver"]}
    heard = await bobs_other.hears("friend:request_accepted")
    assert heard == {"requestId": request["id"], "friend": friend}
    assert (await bob.ok("friend:list")) == [friend]
    assert await friends_of(ada) == [bob.id]
    assert await requests_of(ada) == await requests_of(bob) == ([], [])
    assert bob.heard("friend:request_accepted") == []


async def test_a_request_that_meets_one_the_other_way_befriends(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    request = await asks(ada, bob)
    answer = await bob.ok("friend:request", named(ada))
    assert answer["request"] is None
    assert answer["friend"]["user"]["id"] == ada.id
    heard = await ada.hears("friend:request_accepted")
    assert (heard["requestId"], heard["friend"]["user"]["id"]) == (request["id"], bob.id)
    assert (await friends_of(ada), await friends_of(bob)) == ([bob.id], [ada.id])


async def test_asking_again_is_the_same_request(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    assert await asks(ada, bob) == await asks(ada, bob)
    await befriend(bob, await connect("eve"))  # whatever was said before has arrived with this
    await bob.hears("friend:request_received")
    assert len(bob.heard("friend:request_received")) == 1


async def test_who_is_declined_hears_of_it_and_may_ask_again(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    bobs_other = await connect(same=bob)
    request = await asks(ada, bob)
    assert await bob.ok("friend:decline", {"requestId": request["id"]}) == {}
    for client in (ada, bobs_other):
        heard = await client.hears("friend:request_declined")
        assert heard == {"requestId": request["id"], "userId": bob.id}
    assert await requests_of(ada) == await requests_of(bob) == ([], [])
    assert (await asks(ada, bob))["id"] != request["id"]


async def test_a_request_is_taken_back(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    request = await asks(ada, bob)
    assert await ada.ok("friend:cancel", {"requestId": request["id"]}) == {}
    heard = await bob.hears("friend:request_cancelled")
    assert heard == {"requestId": request["id"], "userId": ada.id}
    assert await requests_of(ada) == await requests_of(bob) == ([], [])


async def test_nobody_answers_for_another(connect: Connect) -> None:
    ada, bob, eve = [await connect(name) for name in ("ada", "bob", "eve")]
    request = {"requestId": (await asks(ada, bob))["id"]}
    never_was = {"requestId": str(uuid4())}
    for event, clients in {
        "friend:accept": (ada, eve),
        "friend:decline": (ada, eve),
        "friend:cancel": (bob, eve),
    }.items():
        for client in clients:
            assert await client.refused(event, request) == "not_found"
            assert await client.call(event, request) == await client.call(event, never_was)
    assert await requests_of(bob) == ([ada.id], [])


async def test_a_friend_is_removed_on_both_sides(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    adas_other = await connect(same=ada)
    await befriend(ada, bob)
    assert await ada.ok("friend:remove", named(bob)) == {}
    assert await bob.hears("friend:removed") == {"userId": ada.id}
    assert await adas_other.hears("friend:removed") == {"userId": bob.id}
    assert await friends_of(ada) == await friends_of(bob) == []
    for who in (bob, ada):  # a friend no more, and never one
        assert await ada.refused("friend:remove", named(who)) == "not_found"


async def test_who_is_no_friend_can_be_told_from_nobody_by_nothing(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    answers = [await ada.call("friend:remove", {"userId": who}) for who in (bob.id, str(uuid4()))]
    assert answers[0] == answers[1]


async def test_who_cannot_be_asked(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    guest = await connect("guest", guest=True)
    await befriend(ada, bob)
    both = {**named(bob), "tag": bob.user["tag"]}
    for payload, code in (
        (named(ada), "validation_failed"),
        ({"tag": ada.user["tag"]}, "validation_failed"),
        ({}, "validation_failed"),
        (both, "validation_failed"),
        ({"userId": "x"}, "validation_failed"),
        ({"tag": "ada"}, "validation_failed"),
        (named(bob), "conflict"),
        (named(guest), "conflict"),
        ({"userId": str(uuid4())}, "not_found"),
        ({"tag": "nobody-of-that-name#0001"}, "not_found"),
    ):
        assert await ada.refused("friend:request", payload) == code, payload


async def test_guests_have_no_friends(connect: Connect) -> None:
    ada, guest = await connect("ada"), await connect("guest", guest=True)
    assert await guest.refused("friend:request", named(ada)) == "forbidden"
    assert await guest.refused("friend:accept", {"requestId": str(uuid4())}) == "forbidden"
    assert await guest.ok("friend:list") == []


async def test_who_has_gone_is_no_friend(connect: Connect, house: House) -> None:
    ada, bob, eve = [await connect(name) for name in ("ada", "bob", "eve")]
    await befriend(ada, bob)
    request = await asks(eve, ada)
    await delete(house, bob, eve)
    assert await ada.refused("friend:accept", {"requestId": request["id"]}) == "not_found"
    assert await ada.refused("friend:remove", named(bob)) == "not_found"
    assert await friends_of(ada) == []
    assert await requests_of(ada) == ([], [])
    assert await ada.refused("friend:request", named(eve)) == "not_found"
    assert await ada.refused("friend:request", {"tag": eve.user["tag"]}) == "not_found"
