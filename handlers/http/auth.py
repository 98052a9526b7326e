"""`/auth/…`: signing up, in and out."""

from dataclasses import asdict
from typing import Any

from aiohttp import web

from handlers.credentials import answer_challenge, challenge, with_password
from handlers.http.routes import SERVICES, address, route, signed_in, storable
from models.errors import Unauthorized, ValidationFailed
from models.password import hash_password
from models.session import Session
from models.token import TokenPair
from models.user import User
from schemas.session import (
    Guest,
    Login,
    LoginAnswer,
    LoginTwoFactor,
    Me,
    Refresh,
    Refreshed,
    Register,
    SignedIn,
)


@route("POST", "/auth/register", Register, reply=SignedIn, status=201, limit="20/m")
async def register(request: web.Request, password: str, **profile: Any) -> dict[str, Any]:
    """Make an account and sign in."""
    user = await User.sign_up(password_hash=await hash_password(password), **profile)
    return await sign_in(request, user)


@route("POST", "/auth/login", Login, reply=LoginAnswer, limit="20/m")
async def login(
    request: web.Request, password: str, username: str | None = None, email: str | None = None
) -> dict[str, Any]:
    """Sign in with a name or an email. A wrong password and an unknown user answer the same.

    Where the account wants a code as well, the answer is a challenge for `POST /auth/login/2fa`.
    """
    if (username is None) == (email is None):
        raise ValidationFailed.of("username", "required", "Give either username or email.")
    services, who = request.app[SERVICES], {"username": username, "email": email}
    return await begin_sign_in(
        request, await with_password(services, address(request), password, **who)
    )


@route("POST", "/auth/login/2fa", LoginTwoFactor, reply=SignedIn, limit="20/m")
async def login_two_factor(
    request: web.Request,
    challenge_token: str,
    code: str | None = None,
    recovery_code: str | None = None,
) -> dict[str, Any]:
    """Answer a challenge with a code, or with a recovery code. It has five tries in five minutes.

    A wrong code is `unauthorized`; a challenge that is spent, or was answered, `token_invalid`.
    """
    given = [each for each in (code, recovery_code) if each is not None]
    if len(given) != 1:
        raise ValidationFailed.of("code", "required", "Give either code or recoveryCode.")
    services = request.app[SERVICES]
    return await sign_in(request, await answer_challenge(services, challenge_token, given[0]))


@route("POST", "/auth/guest", Guest, reply=SignedIn, limit="20/m")
async def guest(request: web.Request, username: str) -> dict[str, Any]:
    """Come in with a name alone."""
    return await sign_in(request, await User.sign_up(username, is_guest=True))


@route("POST", "/auth/refresh", Refresh, reply=Refreshed, limit="60/m")
async def refresh(request: web.Request, refresh_token: str) -> TokenPair:
    """Fresh tokens for a refresh token; a spent one ends the session."""
    services, now = request.app[SERVICES], request.app[SERVICES].now()
    claims = services.tokens.read_refresh(refresh_token, now)
    session = await Session.alive(claims.session_id, now)
    if not await session.rotate(claims.token_id, claims.parent_id, now):
        services.end_session(session.id, "session_revoked", reconnect=False)
        raise Unauthorized("This session has ended.", "session_revoked")
    return services.tokens.pair(session.user, session, now, first=False)


@route("POST", "/auth/logout")
async def logout(request: web.Request) -> None:
    """End the session and disconnect its sockets."""
    services, session = request.app[SERVICES], await signed_in(request)
    await session.revoke(services.now())
    services.end_session(session.id, "session_revoked", reconnect=False)


@route("GET", "/auth/me", reply=Me, limit="120/m")
async def me(request: web.Request) -> dict[str, Any]:
    """Who the token belongs to."""
    return {"user": (await signed_in(request)).user}


async def begin_sign_in(request: web.Request, user: User) -> dict[str, Any]:
    """A session for who has shown a password, or came from a provider; or a challenge before it."""
    if user.two_factor_enabled:
        challenged = await challenge(request.app[SERVICES], user)
        return {"two_factor_required": True, "challenge_token": challenged}
    return await sign_in(request, user)


async def sign_in(request: web.Request, user: User) -> dict[str, Any]:
    """Begin a session for a user who has shown who they are."""
    services, now = request.app[SERVICES], request.app[SERVICES].now()
    device = storable(request.headers.get("User-Agent", "unknown"))
    session = await Session.begin(user, device, address(request), now)
    return {"user": user, **asdict(services.tokens.pair(user, session, now, first=True))}
