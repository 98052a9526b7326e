"""`/auth/oauth/…`: what somebody brought back from a provider becomes a session."""

from typing import Any
from uuid import UUID

from aiohttp import web

from handlers.credentials import require_code, with_password
from handlers.http.auth import begin_sign_in, sign_in
from handlers.http.routes import SERVICES, address, route
from models.errors import ValidationFailed
from models.identity import Identity
from models.oauth.person import Person
from models.oauth.tickets import CODES, LINKS
from models.ticket import spent
from models.user import User
from schemas.identity import OAuthExchange, OAuthLink, OAuthSignedIn


@route("POST", "/auth/oauth/exchange", OAuthExchange, reply=OAuthSignedIn, limit="20/m")
async def exchange(request: web.Request, code: str) -> dict[str, Any]:
    """Sign in with the code that the page was called with. It works once, for a minute.

    Where another account has the person's address, the answer is `linkRequired`, with a
    token for `POST /auth/oauth/link`.
    """
    return await redeem(request, await CODES.take(request.app[SERVICES].redis, code))


@route("POST", "/auth/oauth/link", OAuthLink, reply=OAuthSignedIn, limit="20/m")
async def link(
    request: web.Request, link_token: str, password: str, code: str | None = None
) -> dict[str, Any]:
    """Link the provider's account with ours of that address, by its password, and sign in.

    With two-factor sign-in on, `code` is needed as well, which may be a recovery code. A link
    token has five tries.
    """
    services = request.app[SERVICES]
    named = await user_of(await LINKS.show(services.redis, link_token))
    user = await with_password(
        services, address(request), password, username=None, email=named.email
    )
    if user.two_factor_enabled:
        if code is None:
            raise ValidationFailed.of("code", "required", "Please give your two-factor code, too.")
        await require_code(services, user, code)
    outcome = await LINKS.take(services.redis, link_token)
    await Identity.link(user.id, Person.of(outcome["person"]))
    return await sign_in(request, user)


async def redeem(request: web.Request, outcome: dict[str, Any]) -> dict[str, Any]:
    """A session for who came back; or a ticket to link, for who must show that it is they."""
    user = await user_of(outcome)
    if outcome["person"] is None:
        return await begin_sign_in(request, user)
    person = Person.of(outcome["person"])
    return {
        "link_required": True,
        "link_token": await LINKS.issue(request.app[SERVICES].redis, outcome),
        "provider": person.provider,
        "email": person.email,
    }


async def user_of(outcome: dict[str, Any]) -> User:
    """The user whom a ticket names, if there still is one."""
    user = await User.get_or_none(id=UUID(outcome["user_id"]), deleted_at=None)
    if user is None:
        raise spent()
    return user
