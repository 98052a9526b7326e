"""`user:identities`, `user:unlink`: with which providers the caller signs in.

They stand beside `user.py`, which is long enough with what users are to each other.
"""

from handlers.caller import Caller
from handlers.registry import event
from models.identity import Identity
from schemas.identity import IdentityReply, UserUnlink


@event("user:identities", reply=IdentityReply, many=True)
async def identities(caller: Caller) -> list[Identity]:
    """The caller's accounts with providers."""
    return await Identity.of_user(caller.user.id)


@event("user:unlink", UserUnlink, limit="20/m")
async def unlink(caller: Caller, provider: str) -> None:
    """Sign in with that provider no more. Who has no other way in must choose a password first."""
    await Identity.unlink(caller.user.id, provider)
