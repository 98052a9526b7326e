"""`user:identities` and linking: with which providers the caller signs in.

They stand beside `user.py`, which is long enough with what users are to each other.
"""

from handlers.caller import Caller
from handlers.credentials import require_password
from handlers.registry import Who, event
from models.identity import Identity
from models.oauth.person import Person
from models.oauth.tickets import CONFIRMATIONS, WISHES
from models.ticket import spent
from models.user import User
from schemas.identity import (
    IdentityReply,
    LinkAddress,
    UserConfirmIdentity,
    UserLinkIdentity,
    UserUnlink,
)


@event("user:identities", reply=IdentityReply, many=True)
async def identities(caller: Caller) -> list[Identity]:
    """The caller's accounts with providers."""
    return await Identity.of_user(caller.user.id)


@event("user:link_identity", UserLinkIdentity, reply=LinkAddress, who=Who.ACCOUNT, limit="10/m")
async def link_identity(
    caller: Caller, provider: str, password: str | None = None
) -> dict[str, str]:
    """Begin to link an account with a provider: the browser goes to the address that is answered.

    It may be given a `redirect`. Its page is come back to with a `linkCode`, which the caller
    confirms. Whoever has a password must give it: a stolen session is not enough.
    """
    services = caller.services
    await require_password(services, await User.get(id=caller.user.id), password)
    wish = {"user_id": str(caller.user.id), "provider": provider}
    ticket = await WISHES.issue(services.redis, wish)
    return {"url": f"{services.settings.public_url}/auth/{provider}?link={ticket}"}


@event(
    "user:confirm_identity",
    UserConfirmIdentity,
    reply=IdentityReply,
    who=Who.ACCOUNT,
    limit="10/m",
)
async def confirm_identity(caller: Caller, code: str) -> Identity:
    """Link what the page came back with. It must be the caller who began; it works once."""
    outcome = await CONFIRMATIONS.take(caller.services.redis, code)
    if outcome["user_id"] != str(caller.user.id):
        raise spent()
    return await Identity.link(caller.user.id, Person.of(outcome["person"]))


@event("user:unlink", UserUnlink, limit="20/m")
async def unlink(caller: Caller, provider: str) -> None:
    """Sign in with that provider no more. Who has no other way in must choose a password first."""
    await Identity.unlink(caller.user.id, provider)
