"""Signing in, sessions and the connection on the wire."""

from typing import Any

from marshmallow import fields

from schemas.base import Broadcast, Reply, Request
from schemas.fields import Choice, Email, Flag, Id, Integer, Number, Text, Time
from schemas.two_factor import one_time_code, recovery_code
from schemas.user import OwnUserReply, username

MAX_TOKEN = 4096


def password(**kwargs: Any) -> Text:
    """8 to 128 characters."""
    return Text(8, 128, **kwargs)


class Register(Request):
    username = username(required=True)
    password = password(required=True)
    email = Email()
    display_name = Text(1, 32, blank=False)


class Login(Request):
    username = Text(1, 32)
    email = Text(1, 254)
    password = Text(1, 128, required=True)


class Guest(Request):
    username = username(required=True)


class Refresh(Request):
    refresh_token = Text(1, MAX_TOKEN, required=True)


class Refreshed(Reply):
    access_token = Text(required=True)
    refresh_token = Text(required=True)
    expires_in = Integer(0, 10**9, required=True)


class SignedIn(Refreshed):
    """Who signed in, and the tokens to speak with."""

    user = fields.Nested(OwnUserReply, required=True)


class LoginAnswer(Reply):
    """Either what `SignedIn` has, or `twoFactorRequired` with the `challengeToken` to answer by."""

    two_factor_required = Flag()
    challenge_token = Text()
    user = fields.Nested(OwnUserReply)
    access_token = Text()
    refresh_token = Text()
    expires_in = Integer(0, 10**9)


class LoginTwoFactor(Request):
    """`code` or `recoveryCode`, for the challenge that `POST /auth/login` answered with."""

    challenge_token = Text(1, MAX_TOKEN, required=True)
    code = one_time_code()
    recovery_code = recovery_code()


class Me(Reply):
    user = fields.Nested(OwnUserReply, required=True)


class SessionRenew(Request):
    token = Text(1, MAX_TOKEN, required=True)


class SessionRenewed(Reply):
    expires_at = Time(required=True)


class SessionReply(Reply):
    """A sign-in on one device; `current` is the one that asks."""

    id = Id(required=True)
    device = Text(required=True)
    address = Text(required=True)
    created_at = Time(required=True)
    last_used_at = Time(required=True)
    current = Flag(required=True)


class SessionRevoke(Request):
    session_id = Id(required=True)


class Connected(Broadcast):
    """The first event after every connect."""

    event = "connected"

    user_id = Id(required=True)
    session_id = Id(required=True)
    user = fields.Nested(OwnUserReply, required=True)
    server_time = Number(0, 1e15, required=True)
    clock_epoch = Text(required=True)
    protocol_version = Integer(1, 1, required=True)


class SessionExpiring(Broadcast):
    """The access token ends in a minute; `session:renew` keeps the socket."""

    event = "session:expiring"

    expires_at = Time(required=True)


class SessionEnded(Broadcast):
    """The server disconnects now. `reconnect`: with a fresh token it may be tried again."""

    event = "session:ended"

    code = Choice("token_expired", "session_revoked", required=True)
    reconnect = Flag(required=True)


class ServerDraining(Broadcast):
    """A planned stop: reconnect within `retryAfter` seconds, each client at its own moment."""

    event = "server:draining"

    retry_after = Number(0, 3600, required=True)
