"""Who arrives while another of their arrivals is at work: seen from between two of its reads."""

from types import SimpleNamespace
from typing import Any

import pytest

from models.arrival import arrive
from models.identity import Identity
from models.oauth.person import Person, ProviderTokens
from models.user import User

ADA = Person(
    provider="google",
    subject="ada",
    email="ada@example.org",
    email_verified=True,
    name="Ada",
    picture=None,
    tokens=ProviderTokens(),
)


class Elsewhere:
    """Makes the account of `ADA`, with its identity, right after somebody's first look."""

    def __init__(self) -> None:
        self.user: Any = SimpleNamespace(password_hash=None, deleted_at=None)
        self.looks = 0

    def look(self, found: Any) -> Any:
        self.looks += 1
        return found if self.looks > 1 else None

    async def called(self, **_name: Any) -> Any:
        return self.look(self.user)

    async def of(self, _person: Person) -> Any:
        return self.look(SimpleNamespace(user=self.user, refresh=self.refresh))

    async def refresh(self, _person: Person) -> None:
        return None


async def test_an_account_that_comes_to_be_between_two_looks_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere = Elsewhere()
    monkeypatch.setattr(User, "called", elsewhere.called)
    monkeypatch.setattr(Identity, "of", elsewhere.of)
    arrival = await arrive(ADA)
    assert (arrival.user, arrival.known) == (elsewhere.user, True)
