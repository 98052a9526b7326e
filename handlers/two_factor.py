"""`two_factor:…`: a code from a telephone beside the password."""

import asyncio

from handlers.caller import Caller
from handlers.credentials import require_password, takes_code
from handlers.registry import Who, event
from models.errors import Conflict
from models.one_time_code import otpauth_url, qr_svg
from models.two_factor import TwoFactor, wrong_code
from models.user import User
from schemas.two_factor import (
    TwoFactorDisable,
    TwoFactorEnable,
    TwoFactorEnabled,
    TwoFactorKey,
    TwoFactorSetup,
)


@event("two_factor:setup", TwoFactorSetup, reply=TwoFactorKey, who=Who.ACCOUNT, limit="5/m")
async def setup(caller: Caller, password: str | None = None) -> dict[str, str]:
    """A new secret for an authenticator app. It is in force once `two_factor:enable` has a code."""
    user = await User.get(id=caller.user.id)
    await require_password(caller.services, user, password)
    secret = await TwoFactor.set_up(user.id, caller.services.cipher, caller.now)
    url = otpauth_url(secret, user.username)
    return {"secret": secret, "otpauth_url": url, "qr_svg": await asyncio.to_thread(qr_svg, url)}


@event("two_factor:enable", TwoFactorEnable, reply=TwoFactorEnabled, who=Who.ACCOUNT, limit="5/m")
async def enable(caller: Caller, code: str) -> dict[str, list[str]]:
    """Ask for a code at every sign-in from now on. The recovery codes are shown this once."""
    services = caller.services
    codes = await TwoFactor.enable(caller.user.id, code, services.cipher, caller.now)
    services.refresh_user(caller.user.id)
    return {"recovery_codes": codes}


@event("two_factor:disable", TwoFactorDisable, who=Who.ACCOUNT, limit="5/m")
async def disable(caller: Caller, code: str, password: str | None = None) -> None:
    """Sign in with the password alone again; `code` may be a recovery code."""
    user = await User.get(id=caller.user.id)
    await require_password(caller.services, user, password)
    if not user.two_factor_enabled:
        raise Conflict("Two-factor sign-in is off.")
    if not await takes_code(caller.services, user, code):
        raise wrong_code()
    await TwoFactor.disable(user.id)
    caller.services.refresh_user(user.id)
