"""`session:…`: the caller's sign-ins."""

from uuid import UUID

from handlers.caller import Caller
from handlers.registry import event
from models.errors import Unauthorized
from models.session import Session
from schemas.session import SessionRenew, SessionRenewed, SessionReply, SessionRevoke


@event("session:renew", SessionRenew, reply=SessionRenewed, limit="10/m")
async def renew(caller: Caller, token: str) -> Caller:
    """Go on with a fresh access token of the same session."""
    claims = caller.services.tokens.read_access(token, caller.now)
    if claims.session_id != caller.session_id:
        raise Unauthorized("That token is of another session.", "token_invalid")
    await Session.alive(claims.session_id, caller.now)
    caller.stay_until(max(caller.expires_at, claims.expires_at))
    return caller


@event("session:list", reply=SessionReply, many=True)
async def list_sessions(caller: Caller) -> list[Session]:
    """Where the caller is signed in."""
    return await Session.of_user(caller.user.id, caller.now, current=caller.session_id)


@event("session:revoke", SessionRevoke)
async def revoke(caller: Caller, session_id: UUID) -> None:
    """Sign out one of the caller's sessions; its sockets are disconnected at once."""
    session = await Session.owned(caller.user.id, session_id, caller.now)
    await session.revoke(caller.now)
    caller.services.end_session(session.id, "session_revoked", reconnect=False)
