"""`user:…` of the account itself: its password, its end, all that is known of it.

Apart from `handlers/user.py`, which is about who somebody is for others.
"""

from typing import Any

from handlers.attempt import attempt
from handlers.caller import Caller
from handlers.credentials import require_password
from handlers.deletion import clear_away, end_own_session
from handlers.registry import Who, event
from models.account import delete_account
from models.export import EXPORTS, export_url
from models.password import change_password
from models.user import User
from schemas.user_account import UserChangePassword, UserDeleteAccount, UserExported


@event("user:change_password", UserChangePassword, who=Who.ACCOUNT, limit="5/m")
async def change(caller: Caller, new_password: str, current_password: str | None = None) -> None:
    """Set another password. All other sessions of the caller end at once."""
    services, user = caller.services, await User.get(id=caller.user.id)
    await require_password(services, user, current_password, "currentPassword")
    for session_id in await change_password(user, new_password, caller.session_id, caller.now):
        services.end_session(session_id, "session_revoked", reconnect=False)
    services.refresh_user(user.id)


@event("user:delete_account", UserDeleteAccount, limit="5/m")
async def delete(caller: Caller, password: str | None = None) -> None:
    """Delete the account for good. Messages stay, without a name; all else goes.

    The caller is answered, and then disconnected like all their sockets.
    """
    services, user = caller.services, await User.get(id=caller.user.id)
    await require_password(services, user, password)
    ended = await delete_account(user, caller.now)
    services.tasks.start(end_own_session(caller), f"goodbye-{caller.sid}")
    for session_id in set(ended) - {caller.session_id}:
        services.end_session(session_id, "session_revoked", reconnect=False)
    await attempt(clear_away(services, user.id), "clear-away")  # what fails is done by the clock


@event("user:export_data", reply=UserExported, limit="10/h")
async def export(caller: Caller) -> dict[str, Any]:
    """An address from which everything that is kept about the caller can be downloaded, as JSON."""
    content = {"session_id": str(caller.session_id)}
    ticket = await EXPORTS.issue(caller.services.redis, content)
    return {"url": export_url(ticket), "expires_at": caller.now + EXPORTS.lasts}
