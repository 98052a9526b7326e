"""What happens to a session or its user while one of its sockets is being let in."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from socketio.exceptions import ConnectionRefusedError as Refused

from handlers.connection import Connections
from handlers.services import Services
from models.server import Server
from models.session import Session
from models.user import User
from tests.party import a_process
from tests.silent import SilentSocket


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    """A process on a database of its own."""
    async with a_process(tmp_path) as services:
        await Server.make_default()
        yield services


class Arriving:
    """A socket of a user, between its two halves of being let in."""

    def __init__(self, services: Services, user: User, session: Session) -> None:
        self.services, self.user, self.session = services, user, session
        self.connections = Connections(services)
        self.told: list[list[Any]] = []
        self.socket = SilentSocket(self.told)
        self.sid = ""

    @classmethod
    async def at(cls, services: Services) -> "Arriving":
        user = await User.sign_up("ada")
        return cls(services, user, await Session.begin(user, "phone", "::1", services.now()))

    async def connect(self) -> None:
        services = self.services
        services.sio.eio.sockets[self.socket.id] = self.socket
        self.sid = await services.manager.pre_connect(self.socket.id, "/") or ""
        token = services.tokens.pair(self.user, self.session, services.now(), first=True)
        await self.connections.connect(self.sid, {}, {"token": token.access_token})
        await services.manager.connect(self.sid, "/")

    @property
    def heard(self) -> list[str]:
        return [event for event, *_ in self.told]


async def test_a_session_that_ends_meanwhile_takes_its_socket_with_it(services: Services) -> None:
    arriving = await Arriving.at(services)
    await arriving.connect()
    end: dict[str, Any] = {"code": "session_revoked", "reconnect": False}
    await arriving.connections.end_session({"session": str(arriving.session.id), **end})
    assert "session:ended" not in arriving.heard
    await arriving.connections.welcome(arriving.sid)
    assert arriving.heard.count("session:ended") == 1


async def test_of_a_bus_that_was_away_the_end_is_looked_up(services: Services) -> None:
    arriving = await Arriving.at(services)
    await arriving.connect()
    services.callers.pop(arriving.sid).gone = True  # as if it were not yet one of ours
    await arriving.session.revoke(services.now())
    await arriving.connections.look_for_ended_sessions({})
    assert arriving.connections._arrivals[arriving.sid].end is not None


async def test_a_user_who_changes_meanwhile_is_read_again(services: Services) -> None:
    arriving = await Arriving.at(services)
    await arriving.connect()
    await User.filter(id=arriving.user.id).update(bio="New")
    await arriving.connections.refresh_user({"user": str(arriving.user.id)})
    await arriving.connections.welcome(arriving.sid)
    assert services.callers[arriving.sid].user.bio == "New"


async def test_who_is_not_let_in_leaves_nothing_behind(services: Services) -> None:
    arriving = await Arriving.at(services)
    await arriving.session.revoke(services.now())
    with pytest.raises(Refused):
        await arriving.connect()
    assert arriving.connections._arrivals == {}
