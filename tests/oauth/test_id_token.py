"""What is believed of Google: what its key has signed, for us, now, and for this very question."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from models.oauth.id_token import Expected, IdTokenError, KeySet, read_id_token
from tests.oauth.browser import Browser
from tests.oauth.conftest import FRONT, SignIn
from tests.oauth.provider import CLIENT_ID, Json, Key, Provider
from tests.servers import House

FORGED_CLAIMS: dict[str, Json] = {
    "for another party": {"aud": "another", "azp": "another"},
    "for several, of which we are one": {"aud": [CLIENT_ID, "another"], "azp": "another"},
    "for several, without saying who asked": {"aud": [CLIENT_ID, "another"], "azp": ...},
    "asked by another": {"azp": "another"},
    "for nobody": {"aud": ..., "azp": ...},
    "by another issuer": {"iss": "https://accounts.evil.example.net"},
    "by nobody": {"iss": ...},
    "expired": {"exp": int(time.time()) - 1},
    "without an end": {"exp": ...},
    "with an end that is no number": {"exp": "tomorrow"},
    "of the future": {"iat": int(time.time()) + 3600},
    "of no time": {"iat": ...},
    "to another question": {"nonce": "x" * 43},
    "to no question": {"nonce": ...},
    "to a question that is no text": {"nonce": ["x"]},
    "of nobody": {"sub": ...},
    "of an empty name": {"sub": ""},
    "of a number": {"sub": 7},
    "of a name without end": {"sub": "x" * 256},
}


def by_another_key(provider: Provider) -> Callable[[Json], str]:
    another = Key()
    return lambda claims: jwt.encode(claims, another.private, "RS256", {"kid": provider.key.id})


def by_nobody(provider: Provider) -> Callable[[Json], str]:
    return lambda claims: jwt.encode(claims, "", "none", {"kid": provider.key.id})


def by_the_public_key(provider: Provider) -> Callable[[Json], str]:
    """As who takes the public key for a secret would check it."""
    secret = provider.key.public()["n"]
    return lambda claims: jwt.encode(claims, secret, "HS256", {"kid": provider.key.id})


def by_our_secret(provider: Provider) -> Callable[[Json], str]:
    return lambda claims: jwt.encode(claims, "the provider's secret for us" * 2, "HS256")


def by_an_unknown_key(provider: Provider) -> Callable[[Json], str]:
    return lambda claims: jwt.encode(claims, provider.key.private, "RS256", {"kid": "unknown"})


def without_a_key_id(provider: Provider) -> Callable[[Json], str]:
    return lambda claims: jwt.encode(claims, provider.key.private, "RS256")


def by_another_algorithm(provider: Provider) -> Callable[[Json], str]:
    return lambda claims: jwt.encode(
        claims, provider.key.private, "RS512", {"kid": provider.key.id}
    )


def rubbish(_provider: Provider) -> Callable[[Json], str]:
    return lambda _claims: "a.b.c"


def too_long(provider: Provider) -> Callable[[Json], str]:
    return lambda claims: provider.signed({**claims, "pad": "x" * 20_000})


def bent(provider: Provider) -> Callable[[Json], str]:
    """Signed for somebody else, and changed afterwards."""

    def sign(claims: Json) -> str:
        head, _, signature = provider.signed(claims).split(".")
        body = provider.signed({**claims, "sub": "somebody else"}).split(".")[1]
        return f"{head}.{body}.{signature}"

    return sign


SIGNATURES = [
    *(by_another_key, by_nobody, by_the_public_key, by_our_secret, by_an_unknown_key),
    *(without_a_key_id, by_another_algorithm, rubbish, too_long, bent),
]


async def is_refused(house: House, browser: Browser) -> None:
    page = await browser.come_back(house.urls[0])
    assert page.target == f"{FRONT}?error=unauthorized"


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
@pytest.mark.parametrize("forged", FORGED_CLAIMS)
async def test_a_token_that_says_something_else_is_refused(
    house: House, provider: Provider, browser: Browser, forged: str
) -> None:
    provider.claims = FORGED_CLAIMS[forged]
    await is_refused(house, browser)
    provider.begin_anew()
    assert "code" in (await browser.come_back(house.urls[0])).query


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
@pytest.mark.parametrize("sign", SIGNATURES)
async def test_a_token_that_the_provider_has_not_signed_is_refused(
    house: House, provider: Provider, browser: Browser, sign: Any
) -> None:
    provider.sign = sign(provider)
    await is_refused(house, browser)
    provider.begin_anew()
    assert "code" in (await browser.come_back(house.urls[0])).query


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
@pytest.mark.parametrize("claims", [{"aud": [CLIENT_ID]}, {"azp": ...}, {"more": "than we know"}])
async def test_a_token_may_say_it_otherwise(
    house: House, provider: Provider, sign_in: SignIn, claims: Json
) -> None:
    provider.claims = claims
    assert (await sign_in())["user"]["email"] == provider.person["email"]


class Publisher:
    """Publishes keys, and counts how often it is asked."""

    def __init__(self, *keys: Key) -> None:
        self.document: Json = {"keys": [key.public() for key in keys]}
        self.asked = 0

    async def read(self) -> Json:
        self.asked += 1
        return self.document


NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OLD, NEW = Key(), Key()


async def knows(keys: KeySet, key_id: str, after: timedelta) -> bool:
    try:
        await keys.key(key_id, NOW + after)
    except IdTokenError:
        return False
    return True


async def test_keys_are_kept_for_an_hour() -> None:
    publisher = Publisher(OLD)
    keys = KeySet(publisher.read)
    for minutes, asked in [(0, 1), (1, 1), (59, 1), (60, 2), (61, 2), (121, 3)]:
        assert await knows(keys, OLD.id, timedelta(minutes=minutes))
        assert publisher.asked == asked
    publisher.document = {"keys": [NEW.public()]}
    assert not await knows(keys, OLD.id, timedelta(minutes=200))


async def test_an_unknown_key_is_looked_for_but_not_all_the_time() -> None:
    publisher = Publisher(OLD)
    keys = KeySet(publisher.read)
    assert await knows(keys, OLD.id, timedelta())
    publisher.document = {"keys": [OLD.public(), NEW.public()]}
    assert not await knows(keys, NEW.id, timedelta(seconds=29))
    assert publisher.asked == 1
    assert await knows(keys, NEW.id, timedelta(seconds=30))
    for seconds in range(31, 60):
        assert not await knows(keys, "unknown", timedelta(seconds=seconds))
    assert publisher.asked == 2


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"keys": None},
        {
            "keys": [
                None,
                7,
                "key",
                {},
                {"kty": "RSA"},
                {"kty": "RSA", "kid": "x", "n": "!", "e": 1},
            ]
        },
        {"keys": [{**OLD.public(), "use": "enc"}]},
        {"keys": [{"kty": "oct", "kid": OLD.id, "k": "c2VjcmV0", "alg": "HS256"}]},
    ],
)
async def test_what_is_no_key_for_signatures_is_left_out(document: Json) -> None:
    publisher = Publisher()
    publisher.document = document
    assert not await knows(KeySet(publisher.read), OLD.id, timedelta())


async def test_a_token_ends_by_the_clock_that_it_is_read_by() -> None:
    claims: Json = {"iss": "us", "aud": "me", "sub": "x", "nonce": "n", "iat": int(NOW.timestamp())}
    claims["exp"] = claims["iat"] + 60
    token = jwt.encode(claims, OLD.private, "RS256", {"kid": OLD.id})
    keys, expected = KeySet(Publisher(OLD).read), Expected(["us"], "me", "n")
    assert await read_id_token(token, keys, expected, NOW + timedelta(seconds=59)) == claims
    with pytest.raises(IdTokenError, match="expired"):
        await read_id_token(token, keys, expected, NOW + timedelta(seconds=60))
