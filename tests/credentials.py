"""Signing in for tests: with a password, a second factor, and from this address or that."""

import time
from typing import Any
from uuid import UUID

import aiohttp
import pyotp

from tests.client import PASSWORD, Client, post
from tests.servers import House

Json = dict[str, Any]


def code_of(secret: str, *, ahead: int = 0) -> str:
    """The code of the present time step, or of one `ahead`."""
    return pyotp.TOTP(secret).at(int(time.time()), counter_offset=ahead)


def wrong_code_of(secret: str) -> str:
    """Six digits that are no code of about now."""
    good = {code_of(secret, ahead=ahead) for ahead in range(-3, 4)}
    return next(code for code in map("{:06}".format, range(10)) if code not in good)


async def with_second_factor(client: Client) -> tuple[str, list[str]]:
    """Put a client's second factor in force; gives its secret and recovery codes."""
    setup = await client.ok("two_factor:setup", {"password": PASSWORD})
    enabled = await client.ok("two_factor:enable", {"code": code_of(setup["secret"])})
    return setup["secret"], enabled["recoveryCodes"]


async def forget_last_code(house: House, client: Client) -> None:
    """As if time had passed: the present code was not used yet."""
    statement = "UPDATE two_factors SET last_step = 0 WHERE user_id = $1"
    await house.execute(statement, UUID(client.id))


async def log_in(client: Client, **changes: Any) -> tuple[int, Json]:
    body = {"username": client.user["username"], "password": PASSWORD, **changes}
    return await post(client.url, "/auth/login", body)


async def challenged(client: Client) -> str:
    """The ticket that a right password is answered with."""
    status, answer = await log_in(client)
    assert status == 200
    assert answer["data"].keys() == {"twoFactorRequired", "challengeToken"}
    token: str = answer["data"]["challengeToken"]
    return token


async def answer(url: str, ticket: str, **code: str) -> tuple[int, str]:
    """The status and the code (or `success`) of the second step."""
    status, envelope = await post(url, "/auth/login/2fa", {"challengeToken": ticket, **code})
    return status, "success" if envelope["success"] else envelope["code"]


async def post_from(address: str, url: str, path: str, body: Any) -> tuple[int, Json]:
    """A POST that a trusted proxy passes on."""
    headers = {"X-Forwarded-For": address}
    async with (
        aiohttp.ClientSession() as http,
        http.post(url + path, json=body, headers=headers) as response,
    ):
        return response.status, await response.json()
