"""Where this server is reached, and which pages it sends people back to."""

import re
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from aiohttp import web

from handlers.http.routes import SERVICES
from models.errors import ValidationFailed

# What browsers and we would read differently (backslashes, white space, who@host) is no address.
PAGE = re.compile(r"https?://[^\s/?#@\\]+(?:[/?#][!-\[\]-~]*)?", re.ASCII)
HOST = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?")
MAX_URL = 2048
# What pages are told: a code to sign in with, one to link with, or what went wrong.
ANSWERS = {"code", "linkCode", "error"}
PORTS = {"http": 80, "https": 443}

Origin = tuple[str, str | None, int | None]


def own_url(request: web.Request) -> str:
    """Where this server is reached: by its settings, else where the request was sent to.

    What proxies say of that is believed where the settings say that there are some.
    """
    settings = request.app[SERVICES].settings
    if settings.public_url:
        return settings.public_url
    scheme, host = request.scheme, request.host
    if settings.trusted_proxies:
        scheme = forwarded(request, "X-Forwarded-Proto", settings.trusted_proxies) or scheme
        host = forwarded(request, "X-Forwarded-Host", settings.trusted_proxies) or host
    if scheme not in PORTS or not HOST.fullmatch(host):
        raise ValidationFailed.of("host", "invalid", "This is no address of ours.")
    return f"{scheme}://{host}"


def forwarded(request: web.Request, name: str, trusted: int) -> str:
    """What the outermost of the proxies that we trust has said."""
    hops = [hop.strip() for hop in request.headers.get(name, "").split(",")]
    return hops[-trusted] if len(hops) >= trusted else hops[0]


def checked_page(request: web.Request, url: str) -> str:
    """`url`, if it is one of our pages; else `ValidationFailed`: nobody is sent anywhere else."""
    settings = request.app[SERVICES].settings
    # `*` lets every page call us; but to be handed what signs somebody in, a page must be named.
    pages = [page for page in settings.page_origins if page != "*"]
    ours = {origin_of(page) for page in [*pages, own_url(request)]} - {None}
    if len(url) > MAX_URL or not PAGE.fullmatch(url) or origin_of(url) not in ours:
        raise ValidationFailed.of("redirect", "invalid", "This must be an address of our pages.")
    return url


def origin_of(url: str) -> Origin | None:
    """The origin of an address, as browsers compare them; None where it has none."""
    try:
        parts: SplitResult = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)
    except ValueError:  # brackets that do not match, or a port that is no number
        return None


def answered(page: str, **answer: str) -> str:
    """The address of `page` with our answer, in place of any that it had before."""
    parts = urlsplit(page)
    asked = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in asked if name not in ANSWERS]
    return urlunsplit(parts._replace(query=urlencode([*kept, *answer.items()])))
