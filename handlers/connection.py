"""How a socket comes and goes: its token, its channels, its end."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from socketio.exceptions import ConnectionRefusedError as Refused

from handlers.caller import Caller
from handlers.channel import hear
from handlers.envelope import failure
from handlers.expiry import end_socket
from handlers.metrics import SOCKETS
from handlers.recovery import look_again, recover
from handlers.room_presence import settle
from handlers.services import (
    Services,
    server_channel,
    session_channel,
    text_channel,
    user_channel,
)
from models.channel import Channel
from models.errors import Unauthorized, Unavailable
from models.session import Session
from models.user import User
from realtime.manager import RESUMED
from realtime.refusal import NotNowError
from schemas.session import Connected

PROTOCOL_VERSION = 1

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class Arrival:
    """A socket that is being let in, and what is said meanwhile of its session and its user.

    Of what comes after its session has been read, and before it hears all that it is to hear.
    """

    session_id: UUID
    user_id: UUID
    end: dict[str, Any] | None = None
    user_changed: bool = False


class Connections:
    """Python-socketio's connect and disconnect, and what ends a socket from elsewhere."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._arrivals: dict[str, Arrival] = {}
        services.sio.on("connect", self.connect)
        services.sio.on("disconnect", self.disconnect)
        services.sio.after_connect = self.welcome
        services.manager.on_control("end_session", self.end_session)
        services.manager.on_control("refresh_user", self.refresh_user)
        services.manager.on_control("replaced", self.end_replaced)
        services.manager.on_control(RESUMED, self.look_for_ended_sessions)

    async def connect(self, sid: str, _environ: dict[str, Any], auth: Any) -> None:
        """Check the token; a bad one is refused with a sentence and a code."""
        try:
            async with asyncio.timeout(10):
                await self._sign_in(sid, auth)
        except Unauthorized as error:
            self._arrivals.pop(sid, None)
            raise Refused(error.message, {"code": error.code}) from None
        except Exception as error:  # noqa: BLE001 - anything else would leak the socket for ever
            self._arrivals.pop(sid, None)
            log.warning("socket not signed in", code=failure(error)["code"])
            raise NotNowError from None

    async def _sign_in(self, sid: str, auth: Any) -> None:
        services, now = self._services, self._services.now()
        if services.draining.is_set():
            raise Unavailable("The server is about to stop.")
        token = auth.get("token") if isinstance(auth, dict) else None
        if not isinstance(token, str) or not token:
            raise Unauthorized("Please send an access token.", "token_missing")
        claims = services.tokens.read_access(token, now)
        self._arrivals[sid] = Arrival(claims.session_id, claims.user_id)
        session = await Session.alive(claims.session_id, now)
        socket = services.manager.socket(sid)
        if socket is None:
            raise Unavailable("The socket has gone.")
        caller = Caller(services, sid, socket, session.user, session.id, claims.expires_at)
        caller.channels = await base_topics(caller)
        if auth.get("recover") is not True:
            await self._begin(caller)
        elif not await recover(caller, auth):
            services.manager.recovery.open(sid, str(caller.user.id), str(caller.session_id))
            await self._begin(caller)
        services.callers[sid] = caller
        SOCKETS.inc()

    async def _begin(self, caller: Caller) -> None:
        manager = self._services.manager
        await hear(manager, caller.channels)
        await manager.recovery.look(caller.sid)
        await self._services.presence.connect(caller.user.id, caller.sid)

    async def welcome(self, sid: str) -> None:
        """After the client has been told that it is in: `connected` first, then its channels."""
        caller: Caller | None = self._services.callers.get(sid)
        if caller is None:
            return
        clock = self._services.clock
        hello = {
            "user_id": caller.user.id,
            "session_id": caller.session_id,
            "user": caller.user,
            "server_time": clock.now_ms(),
            "clock_epoch": clock.epoch,
            "protocol_version": PROTOCOL_VERSION,
        }
        caller.send(Connected, hello)
        # Nothing is awaited before this: whoever has heard `connected` hears all that follows.
        for channel in caller.channels:
            caller.enter(channel)
        arrival = self._arrivals.pop(sid)
        self._services.manager.catch_up(sid)
        await self._services.manager.recovery.keep(sid)
        await self._make_up(caller, arrival)

    async def _make_up(self, caller: Caller, arrival: Arrival) -> None:
        """What was said while the socket was being let in found none to be said to."""
        try:
            if arrival.end is not None:
                await end_socket(caller, **arrival.end)
                return
            if arrival.user_changed:
                caller.user = await User.get(id=caller.user.id)
            if caller.room_ids:
                await look_again(caller)
        except Exception as error:  # noqa: BLE001 - a socket of unknown standing must not stay
            log.warning("socket not welcome", code=failure(error)["code"])
            self._services.sio.cut_off(caller.socket, "not welcome")

    async def disconnect(self, sid: str, _reason: str) -> None:
        """The socket is gone: after its last event, take it out of all that counts sockets."""
        self._arrivals.pop(sid, None)
        caller: Caller | None = self._services.callers.get(sid)
        if caller is None:
            return
        caller.gone = True
        async with caller.turn:
            self._services.callers.pop(sid, None)
            SOCKETS.dec()
            await self._uncount(caller)

    async def _uncount(self, caller: Caller) -> None:
        services = self._services
        room_ids = list(caller.room_ids)
        try:
            await services.presence.disconnect(caller.user.id, caller.sid, room_ids)
            for room_id in room_ids:
                await settle(services, room_id, [caller.user.id])
        except Exception as error:  # noqa: BLE001 - the sweep finds later what is missed here
            log.warning("disconnect not counted", code=failure(error)["code"])

    async def end_session(self, message: dict[str, Any]) -> None:
        """A session has ended: tell its sockets of this process, and disconnect them."""
        end = {"code": message["code"], "reconnect": message["reconnect"]}
        session_id = UUID(message["session"])
        for arrival in self._arrivals.values():
            if arrival.session_id == session_id:
                arrival.end = end
        sids = self._services.manager.sids(session_channel(session_id))
        callers = [self._services.callers[sid] for sid in sids if sid in self._services.callers]
        # At once: one that is busy keeps its own end waiting, but not that of the others.
        await asyncio.gather(*(end_socket(caller, **end) for caller in callers))

    async def end_replaced(self, message: dict[str, Any]) -> None:
        """A client has come back while its lost socket was still taken for alive."""
        if caller := self._services.callers.get(message["sid"]):
            self._services.sio.cut_off(caller.socket, "replaced")

    async def look_for_ended_sessions(self, _message: dict[str, Any]) -> None:
        """The bus was away, and may have kept the end of a session from us."""
        held = {each.session_id for each in self._services.callers.values()}
        held |= {each.session_id for each in self._arrivals.values()}
        for session_id in await Session.ended_among(held, self._services.now()):
            end = {"code": "session_revoked", "reconnect": False}
            await self.end_session({"session": str(session_id), **end})

    async def refresh_user(self, message: dict[str, Any]) -> None:
        """A user has changed: let their sockets of this process know them anew."""
        user_id = UUID(message["user"])
        for arrival in self._arrivals.values():
            arrival.user_changed |= arrival.user_id == user_id
        sids = self._services.manager.sids(user_channel(user_id))
        user = await User.get_or_none(id=user_id) if sids else None
        for sid in sids if user else ():
            if caller := self._services.callers.get(sid):
                caller.user = user


async def base_topics(caller: Caller) -> list[str]:
    """What the caller hears from the beginning: its own, and all that it may read."""
    server_id, channel_ids = await Channel.of_everybody()
    own = [user_channel(caller.user.id), session_channel(caller.session_id)]
    return [*own, server_channel(server_id), *map(text_channel, channel_ids)]
