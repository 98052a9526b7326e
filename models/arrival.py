"""Who comes back from a provider: somebody known, somebody new, or perhaps somebody known."""

import re
import secrets
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from models.errors import Conflict, Unauthorized
from models.identity import Identity
from models.oauth.person import Person
from models.user import User

NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]+")
LEAST_NAME, MOST_BASE = 3, 24
# How many digits a name gets that is taken: the more it is liked, the more it needs.
DIGITS = (0, 3, 4, 4, 6, 6, 8, 8)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Whose account it is. `known` is False where only the address says so: that is no proof."""

    user: User
    known: bool


async def arrive(person: Person) -> Arrival:
    """The account of `person`, made where there is none.

    Of two arrivals at once, the second finds what the first made. `Conflict` where another account
    has the address and no password with which it could be shown that both are the same person's.
    """
    for name in names_for(person):
        # In this order: an account and its identity come to be together, and so who finds an
        # account that somebody else's arrival has just made for `person` finds the identity, too.
        same = await _who_has_the_address(person)
        if (identity := await Identity.of(person)) is not None:
            return Arrival(await _known(identity, person), known=True)
        if same is not None:
            return Arrival(_with_password(same), known=False)
        try:
            return Arrival(await _make_account(person, name), known=True)
        except (Conflict, IntegrityError):
            continue  # the name, the address or the identity was taken meanwhile: look again
    raise Conflict("We found no free name for you. Please try again.")


async def _who_has_the_address(person: Person) -> User | None:
    email = person.verified_email
    return await User.called(email=email) if email else None


async def _known(identity: Identity, person: Person) -> User:
    if identity.user.deleted_at is not None:
        raise Unauthorized("This account has been deleted.")
    await identity.refresh(person)
    return identity.user


def names_for(person: Person) -> Iterator[str]:
    """Names that we would give, after what the person is called: the first that is free.

    What stands before the @ of their address is taken only where they are not called anything: it
    is nobody else's business.
    """
    local_part = (person.email or "").partition("@")[0]
    wishes = [_as_username(wish) for wish in (person.name or "", local_part)]
    base = next((wish for wish in wishes if len(wish) >= LEAST_NAME), "listener")
    for digits in DIGITS:
        number = f"{secrets.randbelow(10**digits):0{digits}}" if digits else ""
        yield base + number


def _as_username(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return NOT_IN_NAMES.sub("-", letters).strip("-")[:MOST_BASE]


def _with_password(user: User) -> User:
    if user.password_hash is None:
        message = "There is an account with your address already. Sign in to it as you did before."
        raise Conflict(message)
    return user


async def _make_account(person: Person, username: str) -> User:
    async with in_transaction():
        user = await User.sign_up(
            username, email=person.verified_email, display_name=person.name or username
        )
        user.provider, user.avatar_url = person.provider, person.picture
        await user.save(update_fields=["provider", "avatar_url"])
        await Identity.add(user, person)
    return user
