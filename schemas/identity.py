"""Accounts elsewhere on the wire, and signing in with them."""

from schemas.base import Reply, Request
from schemas.fields import Choice, Flag, Text, Time
from schemas.session import LoginAnswer

PROVIDERS = ("google", "spotify")
MAX_TICKET = 128


class OAuthExchange(Request):
    code = Text(1, MAX_TICKET, required=True)


class OAuthLink(Request):
    link_token = Text(1, MAX_TICKET, required=True)
    password = Text(1, 128, required=True)
    code = Text(1, 32)


class OAuthSignedIn(LoginAnswer):
    """As of a login; or `linkRequired`, where another account has the address."""

    link_required = Flag()
    link_token = Text()
    provider = Choice(*PROVIDERS)
    email = Text()


class IdentityReply(Reply):
    """An account with a provider, with which the user can sign in."""

    provider = Choice(*PROVIDERS, required=True)
    email = Text(required=True, allow_none=True)
    linked_at = Time(required=True)


class UserLinkIdentity(Request):
    provider = Choice(*PROVIDERS, required=True)
    password = Text(1, 128)


class LinkAddress(Reply):
    """Where to send the browser, within a minute; a relative one is of this server."""

    url = Text(required=True)


class UserConfirmIdentity(Request):
    code = Text(1, MAX_TICKET, required=True)


class UserUnlink(Request):
    provider = Choice(*PROVIDERS, required=True)
