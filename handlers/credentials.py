"""Passwords and codes that are asked for: right or wrong, and how often they may be tried."""

from handlers.services import Services
from models.attempts import FREE_CODES, Count
from models.errors import Forbidden, Unauthorized, ValidationFailed
from models.password import is_password
from models.session import WRONG_PASSWORD
from models.ticket import spent
from models.two_factor import CHALLENGES, TwoFactor
from models.user import User


async def require_password(
    services: Services, user: User, password: str | None, key: str = "password"
) -> None:
    """`Forbidden` unless it is the user's, so that a stolen session is not enough.

    Who has none, because they sign in elsewhere or are a guest, needs to give none.
    """
    if user.password_hash is None:
        return
    if password is None:
        raise ValidationFailed.of(key, "required", "Please give your password.")
    count = Count.of("password", str(user.id))
    await services.attempts.begin(count, now_ms=services.clock.now_ms())
    if not await is_password(password, user.password_hash):
        raise Forbidden("That password is not right.")
    await services.attempts.succeed(count)


async def require_code(services: Services, user: User, code: str) -> None:
    """Use up a code of the second factor, of either kind; `Unauthorized` for a wrong one."""
    if not await takes_code(services, user, code):
        raise Unauthorized("That code is not right, or it was used before.")


async def takes_code(services: Services, user: User, code: str) -> bool:
    """Whether that is a good code of the user's second factor, of either kind; it is used up."""
    count = Count.of("code", str(user.id), free=FREE_CODES)
    await services.attempts.begin(count, now_ms=services.clock.now_ms())
    if not await TwoFactor.accepts(user.id, code, services.cipher, services.now()):
        return False
    await services.attempts.succeed(count)
    return True


async def with_password(
    services: Services, address: str, password: str, *, username: str | None, email: str | None
) -> User:
    """The user of that name or email and password, else `Unauthorized`.

    A name that nobody has costs the same time, and the same waiting, as a wrong password: the same
    counts are kept, the same query is made and a hash is compared.
    """
    # As they are looked up: no other way to write a name is another account's.
    account = f"name {username.lower()}" if username else f"email {(email or '').lower()}"
    await services.attempts.begin_sign_in(account, address, services.clock.now_ms())
    user = await User.called(username=username, email=email)
    known = await is_password(password, user.password_hash if user else None)
    if user is None or not known:
        raise Unauthorized(WRONG_PASSWORD)
    await services.attempts.succeed_sign_in(account, address)
    return user


async def challenge(services: Services, user: User) -> str:
    """A ticket for who has shown the password of an account that wants a code as well."""
    return await CHALLENGES.issue(services.redis, {"user_id": str(user.id)})


async def answer_challenge(services: Services, token: str, code: str) -> User:
    """The user who was challenged, for a good code; else `Unauthorized`.

    The ticket has five tries, and works once.
    """
    challenged = await CHALLENGES.show(services.redis, token)
    user = await User.get_or_none(
        id=challenged["user_id"], two_factor_enabled=True, deleted_at=None
    )
    if user is None:
        raise spent()
    await require_code(services, user, code)
    await CHALLENGES.take(services.redis, token)
    return user
