"""`GET /auth/google`, `/auth/spotify` and their callbacks: to the provider and back."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from handlers.envelope import AWAY, failure, success
from handlers.http.address import answered, checked_page, own_url
from handlers.http.oauth_exchange import redeem
from handlers.http.routes import SERVICES, TIME_LIMIT_S, address, answer
from models.arrival import arrive
from models.errors import SoundroomError, Unauthorized, ValidationFailed
from models.oauth.person import Person
from models.oauth.state import STATE_LASTS, OAuthState, new_browser_secret
from models.oauth.tickets import CODES, CONFIRMATIONS, WISHES
from models.ticket import spent
from schemas.identity import PROVIDERS, OAuthSignedIn

LIMIT = "30/m"
# One for all ways that begin in a browser: who opens two pages comes back to both.
COOKIE = "soundroom_oauth"
SECRET_LENGTH = 43
MAX_PARAMETER = 4096
REFUSALS: tuple[type[Exception], ...] = (SoundroomError, *AWAY)

Handler = Callable[[web.Request], Awaitable[web.Response]]


class DeclinedError(Unauthorized):
    """Who was asked by the provider did not want to."""


async def begin(request: web.Request) -> web.Response:
    """Send a browser to the provider, and give it something to show when it comes back."""
    services = request.app[SERVICES]
    provider = services.providers.named(request.match_info["provider"])
    # While the provider is away nothing needs to be kept, and no ticket to be spent.
    await provider.endpoints(services.now())
    browser = browser_secret(request) or new_browser_secret()
    state = await new_state(request, browser)
    kept_as = await state.keep(services.redis)
    response = sent_to(await provider.address(kept_as, state, services.now()))
    remember(response, browser, secure=state.redirect_uri.startswith("https://"))
    return response


async def callback(request: web.Request) -> web.Response:
    """Take who comes back, and send them on with a code that signs in once.

    Where there is no page to send them to they are answered as by a login.
    """
    services, name = request.app[SERVICES], request.match_info["provider"]
    page = services.settings.frontend_url
    try:
        state = await returned_state(request, name)
        page = state.return_to or page
        return await welcome(request, await person_of(request, state), state, page)
    except REFUSALS as error:
        if not page:
            raise
        # A person looks at this: an envelope would tell them nothing.
        return sent_to(answered(page, error=reason(error)))


async def new_state(request: web.Request, browser: str) -> OAuthState:
    """What is to be known of this way when it comes back."""
    name, page = request.match_info["provider"], request.query.get("redirect")
    return OAuthState.new(
        browser,
        provider=name,
        redirect_uri=f"{own_url(request)}/auth/{name}/callback",
        return_to=None if page is None else checked_page(request, page),
        link_to=await who_links(request, name, page),
    )


async def who_links(request: web.Request, name: str, page: str | None) -> str | None:
    """The user who wants to link the provider's account with their own, if that is what it is."""
    if (ticket := request.query.get("link")) is None:
        return None
    services = request.app[SERVICES]
    if page is None and not services.settings.frontend_url:
        raise ValidationFailed.of("redirect", "required", "Say which of our pages waits for it.")
    wish = await WISHES.take(services.redis, ticket)
    if wish["provider"] != name:
        raise spent()
    return str(wish["user_id"])


async def returned_state(request: web.Request, name: str) -> OAuthState:
    """The state with which this browser was sent away, this once."""
    state, browser = parameter(request, "state"), browser_secret(request)
    if not state or not browser:
        raise Unauthorized("This sign-in did not begin here. Please try again.")
    redis = request.app[SERVICES].redis
    return await OAuthState.returned(redis, name, state, browser)


async def person_of(request: web.Request, state: OAuthState) -> Person:
    """Who the provider says has come back."""
    services = request.app[SERVICES]
    provider = services.providers.named(state.provider)
    if error := parameter(request, "error"):
        if error == "access_denied":
            raise DeclinedError(f"You did not let {provider.title} tell us who you are.")
        raise provider.away("an error in place of a code")
    if not (code := parameter(request, "code")):
        raise ValidationFailed.of("code", "required", f"{provider.title} sent no code.")
    return await provider.person(code, state, services.now())


async def welcome(
    request: web.Request, person: Person, state: OAuthState, page: str
) -> web.Response:
    """Send `person` on to the page that waits, with a code; or sign them in where there is none."""
    redis = request.app[SERVICES].redis
    if state.link_to:
        # Not linked yet: whoever was lured here with another's ticket would be linked to them.
        outcome = {"user_id": state.link_to, "person": asdict(person)}
        return sent_to(answered(page, linkCode=await CONFIRMATIONS.issue(redis, outcome)))
    outcome = await outcome_of(person)
    if page:
        return sent_to(answered(page, code=await CODES.issue(redis, outcome)))
    return answer(success(await redeem(request, outcome), OAuthSignedIn), 200)


async def outcome_of(person: Person) -> dict[str, Any]:
    """What a code stands for: a user, and, where they must show that it is they, the person."""
    arrival = await arrive(person)
    return {
        "user_id": str(arrival.user.id),
        "person": None if arrival.known else asdict(person),
    }


def parameter(request: web.Request, name: str) -> str:
    """A parameter of the provider's, if it is one that we could have sent for."""
    value = request.query.get(name, "")
    return value if len(value) <= MAX_PARAMETER and value.isprintable() else ""


def remember(response: web.Response, browser: str, *, secure: bool) -> None:
    """Give the browser its secret, to show when it comes back to us."""
    response.set_cookie(
        COOKIE,
        browser,
        max_age=int(STATE_LASTS.total_seconds()),
        path="/auth",
        httponly=True,
        samesite="Lax",
        secure=secure,
    )


def browser_secret(request: web.Request) -> str:
    """What we gave this browser to show again, if it does."""
    secret = request.cookies.get(COOKIE, "")
    return secret if len(secret) == SECRET_LENGTH and secret.isascii() else ""


def reason(error: Exception) -> str:
    """What the page is told of a failure."""
    code: str = failure(error)["code"]
    return "access_denied" if isinstance(error, DeclinedError) else code


def sent_to(url: str) -> web.Response:
    headers = {"Location": url, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return web.Response(status=302, headers=headers)


def bounded(handler: Handler) -> Handler:
    """The handler, so often for an address, and so long."""

    async def serve(request: web.Request) -> web.Response:
        await request.app[SERVICES].limit(LIMIT, f"GET {request.path}", address(request))
        async with asyncio.timeout(TIME_LIMIT_S):
            return await handler(request)

    return serve


def add_oauth_routes(app: web.Application) -> None:
    """Serve them beside the routes with JSON bodies."""
    provider = f"{{provider:{'|'.join(PROVIDERS)}}}"
    for path, handler in {"": begin, "/callback": callback}.items():
        app.router.add_get(f"/auth/{provider}{path}", bounded(handler), allow_head=False)
