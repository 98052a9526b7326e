"""What is left of a deleted account, also when a process is killed in between: nothing."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tortoise.queryset import QuerySet

from handlers.deletion import clear_away, finish_deletions
from handlers.housekeeping import Housekeeping
from handlers.services import Services
from models.account import Deletion, delete_account, end_friendships
from models.block import Block
from models.favorite import Favorite
from models.friend import FriendRequest, Friendship
from models.identity import Identity
from models.image import Image
from models.member import Member
from models.playlist import Playlist, PlaylistTrack
from models.queue import QueueItem
from models.server import Server
from models.session import Session
from models.track import Track
from models.two_factor import RecoveryCode, TwoFactor
from models.user import User
from tests.party import Party, a_process, travel

SONG: dict[str, Any] = {
    "name": "Song",
    "name_key": "song",
    "duration": 1,
    "url": "/x",
    "mime_type": "audio/mp4",
}


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    """A process on a database of its own."""
    async with a_process(tmp_path) as services:
        await Server.make_default()
        yield services


async def test_a_sign_in_that_comes_too_late_makes_no_session(
    services: Services,
) -> None:
    ada = await User.sign_up("ada-the-late", password_hash="x")
    await delete_account(await User.get(id=ada.id), services.now())
    with pytest.raises(Exception, match="Invalid email or password"):
        await Session.begin(ada, "phone", "here", services.now())
    assert await Session.filter(user_id=ada.id).count() == 0


async def with_everything(services: Services, name: str) -> tuple[User, User, Track]:
    """A user with something of every kind, their friend, and a track of theirs."""
    now, ada, bob = services.now(), await User.sign_up(name), await User.sign_up(f"{name}-s-friend")
    await Session.begin(ada, "phone", "here", now)
    track = await Track.create(**SONG, uploaded_by=ada)
    for one, two in ((ada, bob), (bob, ada)):
        await Friendship.create(user=one, friend=two)
        await FriendRequest.create(requester=one, receiver=two, pair=f"{one.id} {two.id}")
        await Block.create(blocker=one, blocked=two)
    await Favorite.create(user=ada, track=track)
    await Identity.create(user=ada, provider="google", subject=name)
    await TwoFactor.create(user=ada, secret="x")
    await RecoveryCode.create(user=ada, code_hash="x")
    await Image.create(uploaded_by=ada, width=1, height=1)
    playlist = await Playlist.create(name="Mine", owner=ada)
    await PlaylistTrack.create(playlist=playlist, track=track, rank=1)
    return ada, bob, track


async def left_of(user: User) -> dict[str, int]:
    """How many rows there are of each kind that must go."""
    counts: dict[str, QuerySet[Any]] = {
        "sessions": Session.filter(user_id=user.id),
        "friendships": Friendship.filter(user_id=user.id),
        "friends": Friendship.filter(friend_id=user.id),
        "sent": FriendRequest.filter(requester_id=user.id),
        "received": FriendRequest.filter(receiver_id=user.id),
        "blocks": Block.filter(blocker_id=user.id),
        "blocked by": Block.filter(blocked_id=user.id),
        "favorites": Favorite.filter(user_id=user.id),
        "identities": Identity.filter(user_id=user.id),
        "second factors": TwoFactor.filter(user_id=user.id),
        "recovery codes": RecoveryCode.filter(user_id=user.id),
        "images": Image.filter(uploaded_by_id=user.id),
        "playlists": Playlist.filter(owner_id=user.id),
        "memberships": Member.filter(user_id=user.id),
        "queued": QueueItem.filter(added_by_id=user.id),
        "deletions": Deletion.filter(user_id=user.id),
    }
    return {name: count for name, rows in counts.items() if (count := await rows.count())}


async def test_nothing_is_left_of_what_was_theirs_alone(services: Services) -> None:
    ada, _, track = await with_everything(services, "ada")
    party = await Party.give(services)
    await party.sit(ada)
    await delete_account(ada, services.now())
    await clear_away(services, ada.id)
    assert await left_of(ada) == {"sessions": 1, "deletions": 1}
    await track.refresh_from_db()
    assert track.deleted_at is not None
    assert await end_friendships(ada.id) == []


async def test_the_community_counts_them_no_more(services: Services) -> None:
    ada = await User.sign_up("ada")
    await User.sign_up("bob")
    server = await Server.default()
    await Server.take_count([server])
    assert server.member_count == 2
    await delete_account(ada, services.now())
    await Server.take_count([server])
    assert server.member_count == 1


async def test_who_is_killed_in_between_leaves_the_rest_to_the_housekeeping(
    services: Services,
) -> None:
    ada, bob, track = await with_everything(services, "ada")
    party = await Party.give(services)
    await party.sit(ada)
    await delete_account(ada, services.now())
    await finish_deletions(services)
    assert "friendships" in await left_of(ada)
    # What they had begun before may end after it.
    await User.filter(id=ada.id).update(display_name="Ada", username="ada", username_key="ada")
    await Favorite.create(user=bob, track=track)
    await Favorite.create(user=ada, track=await Track.create(**SONG))
    travel(services, minutes=1)
    await Housekeeping(services).finish_deletions()
    assert await left_of(ada) == {}
    assert await left_of(bob) == {"favorites": 1}
    nobody = await User.get(id=ada.id)
    assert nobody.display_name == "Deleted user"
    assert nobody.username == nobody.username_key != "ada"
    assert await party.roles() == {party.host.id: "host"}
