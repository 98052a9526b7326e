"""The second factor: set up, asked for, used up, switched off."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID
from xml.etree import ElementTree as ET

import pyotp
import pytest

from models.one_time_code import step_of
from tests.client import PASSWORD, Client, post
from tests.conftest import Connect, house_env, sign_up
from tests.credentials import (
    answer,
    challenged,
    code_of,
    forget_last_code,
    log_in,
    with_second_factor,
    wrong_code_of,
)
from tests.servers import House


async def test_the_secret_comes_as_text_as_address_and_as_an_image(connect: Connect) -> None:
    ada = await connect("ada")
    setup = await ada.ok("two_factor:setup", {"password": PASSWORD})
    address = urlsplit(setup["otpauthUrl"])
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert parse_qs(address.query)["secret"] == [setup["secret"]]
    assert parse_qs(address.query)["issuer"] == ["Soundroom"]
    assert ada.user["username"] in address.path
    assert ET.fromstring(setup["qrSvg"]).tag.endswith("svg")


async def test_a_new_secret_takes_the_place_of_one_that_was_not_enabled(connect: Connect) -> None:
    ada = await connect("ada")
    first = await ada.ok("two_factor:setup", {"password": PASSWORD})
    second = await ada.ok("two_factor:setup", {"password": PASSWORD})
    assert first["secret"] != second["secret"]
    assert await ada.refused("two_factor:enable", {"code": code_of(first["secret"])}) == "forbidden"
    await ada.ok("two_factor:enable", {"code": code_of(second["secret"])})


async def test_enabled_it_is_asked_for_at_the_next_sign_in(connect: Connect) -> None:
    ada = await connect("ada")
    secret, codes = await with_second_factor(ada)
    assert len(set(codes)) == 10
    assert (await ada.ok("user:me"))["twoFactorEnabled"] is True
    ticket = await challenged(ada)
    body = {"challengeToken": ticket, "code": code_of(secret, ahead=1)}
    status, signed_in = await post(ada.url, "/auth/login/2fa", body)
    assert (status, signed_in["data"]["user"]["id"]) == (200, ada.id)
    phone = await Client(ada.url, signed_in["data"]).connect()
    await phone.close()


async def test_what_is_on_cannot_be_set_up_again_nor_what_is_off_switched_off(
    connect: Connect,
) -> None:
    ada = await connect("ada")
    off = {"password": PASSWORD, "code": "123456"}
    assert await ada.refused("two_factor:enable", {"code": "123456"}) == "conflict"
    assert await ada.refused("two_factor:disable", off) == "conflict"
    secret, _ = await with_second_factor(ada)
    again = {"code": code_of(secret, ahead=1)}
    assert await ada.refused("two_factor:enable", again) == "conflict"
    assert await ada.refused("two_factor:setup", {"password": PASSWORD}) == "conflict"


async def test_a_stolen_session_neither_sets_it_up_nor_switches_it_off(connect: Connect) -> None:
    ada, guest = await connect("ada"), await connect("guest", guest=True)
    assert await ada.refused("two_factor:setup", {"password": "a guess"}) == "forbidden"
    assert await ada.refused("two_factor:setup") == "validation_failed"
    assert await guest.refused("two_factor:setup", {"password": PASSWORD}) == "forbidden"
    secret, _ = await with_second_factor(ada)
    good = code_of(secret, ahead=1)
    for guess in ({"password": "a guess", "code": good}, {"code": good}):
        assert await ada.refused("two_factor:disable", guess) in {"forbidden", "validation_failed"}
    wrong = {"password": PASSWORD, "code": wrong_code_of(secret)}
    assert await ada.refused("two_factor:disable", wrong) == "forbidden"
    assert (await ada.ok("user:me"))["twoFactorEnabled"] is True


@pytest.mark.parametrize("by_recovery_code", [False, True])
async def test_switched_off_the_password_is_enough(
    connect: Connect, by_recovery_code: bool
) -> None:
    ada = await connect("ada")
    secret, codes = await with_second_factor(ada)
    code = codes[3].upper() if by_recovery_code else code_of(secret, ahead=1)
    ticket = await challenged(ada)
    await ada.ok("two_factor:disable", {"password": PASSWORD, "code": code})
    assert (await ada.ok("user:me"))["twoFactorEnabled"] is False
    assert (await log_in(ada))[1]["data"]["user"]["id"] == ada.id
    assert await answer(ada.url, ticket, recoveryCode=codes[4]) == (401, "token_invalid")


async def test_a_code_works_once_and_an_older_one_no_more(house: House, connect: Connect) -> None:
    ada = await connect("ada")
    secret, _ = await with_second_factor(ada)
    used = code_of(secret)
    assert await answer(ada.url, await challenged(ada), code=used) == (401, "unauthorized")
    await forget_last_code(house, ada)
    newer = code_of(secret, ahead=1)
    assert await answer(ada.url, await challenged(ada), code=newer) == (200, "success")
    for old in (newer, used):
        assert await answer(ada.url, await challenged(ada), code=old) == (401, "unauthorized")


async def test_of_two_sign_ins_with_one_code_one_wins_on_whichever_process(
    house: House, connect: Connect
) -> None:
    ada = await connect("ada")
    secret, codes = await with_second_factor(ada)
    for given in ({"code": code_of(secret, ahead=1)}, {"recoveryCode": codes[0]}):
        tickets = [await challenged(ada) for _ in range(6)]
        urls = house.urls * 6
        tried = [answer(url, each, **given) for url, each in zip(urls, tickets, strict=False)]
        found = await asyncio.gather(*tried)
        assert sorted(found) == [(200, "success"), *[(401, "unauthorized")] * 5]


async def test_a_recovery_code_works_once_in_any_spelling(connect: Connect) -> None:
    ada = await connect("ada")
    _, codes = await with_second_factor(ada)
    spelled = codes[0].upper().replace("-", "")
    assert await answer(ada.url, await challenged(ada), recoveryCode=spelled) == (200, "success")
    again = await answer(ada.url, await challenged(ada), recoveryCode=codes[0])
    assert again == (401, "unauthorized")
    assert await answer(ada.url, await challenged(ada), recoveryCode=codes[1]) == (200, "success")


async def test_another_users_recovery_code_is_wrong(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    await with_second_factor(ada)
    _, codes = await with_second_factor(bob)
    found = await answer(ada.url, await challenged(ada), recoveryCode=codes[0])
    assert found == (401, "unauthorized")


async def test_a_challenge_has_five_tries_over_all_processes(
    house: House, connect: Connect
) -> None:
    ada = await connect("ada")
    secret, codes = await with_second_factor(ada)
    ticket, wrong = await challenged(ada), wrong_code_of(secret)
    urls = (house.urls * 5)[:5]
    found = await asyncio.gather(*(answer(url, ticket, code=wrong) for url in urls))
    assert set(found) == {(401, "unauthorized")}
    for url in house.urls:
        assert await answer(url, ticket, recoveryCode=codes[0]) == (401, "token_invalid")
    assert await answer(ada.url, await challenged(ada), recoveryCode=codes[0]) == (200, "success")


async def test_an_answered_challenge_lets_nobody_in_again(house: House, connect: Connect) -> None:
    ada = await connect("ada")
    _, codes = await with_second_factor(ada)
    ticket = await challenged(ada)
    both = zip(house.urls * 2, codes[:2], strict=False)
    found = await asyncio.gather(*(answer(url, ticket, recoveryCode=code) for url, code in both))
    assert sorted(found) == [(200, "success"), (401, "token_invalid")]
    assert await answer(ada.url, ticket, recoveryCode=codes[2]) == (401, "token_invalid")


async def test_only_our_own_challenges_count(house: House, connect: Connect) -> None:
    ada = await connect("ada")
    _, codes = await with_second_factor(ada)
    exported = (await ada.ok("user:export_data"))["url"].split("/")[-1].removesuffix(".json")
    for token in ("x", "x" * 43, ada.token, exported):
        found = await answer(ada.url, token, recoveryCode=codes[0])
        assert found == (401, "token_invalid"), token
    ticket = await challenged(ada)
    assert await answer(ada.url, ticket, recoveryCode=codes[0]) == (200, "success")


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"code": "123456", "recoveryCode": "abcde-abcde"},
        {"code": "12345"},
        {"code": "12345x"},
    ],
)
async def test_a_challenge_is_answered_in_one_way(connect: Connect, given: dict[str, str]) -> None:
    ada = await connect("ada")
    await with_second_factor(ada)
    found = await answer(ada.url, await challenged(ada), **given)
    assert found == (400, "validation_failed")


async def test_the_database_holds_neither_the_secret_nor_a_recovery_code(
    house: House, connect: Connect
) -> None:
    ada = await connect("ada")
    secret, codes = await with_second_factor(ada)
    factors = await house.fetch("SELECT * FROM two_factors WHERE user_id = $1", UUID(ada.id))
    kept = await house.fetch("SELECT * FROM recovery_codes WHERE user_id = $1", UUID(ada.id))
    assert (len(factors), len(kept)) == (1, 10)
    text = str(factors + kept)
    plain = [secret, *codes, *(code.replace("-", "") for code in codes)]
    assert [each for each in plain if each in text] == []


async def test_no_log_holds_a_secret_a_code_or_a_ticket(tmp_path: Path) -> None:
    house = House("sqlite", {**house_env(tmp_path), "LOG_LEVEL": "debug"})
    process = house.start()
    ada = await Client(process.url, await sign_up(process.url)).connect()
    secret, codes = await with_second_factor(ada)
    ticket, code = await challenged(ada), code_of(secret, ahead=1)
    await answer(ada.url, ticket, code=wrong_code_of(secret))
    await answer(ada.url, ticket, code=code)
    await ada.refused("two_factor:disable", {"password": PASSWORD, "code": codes[0], "x": 1})
    await ada.close()
    house.stop()
    log = json.dumps(process.lines)
    assert '"event_name": "two_factor:setup"' in log
    said = [secret, *codes, ticket, f'"{code}"', PASSWORD]
    assert [each for each in said if each in log] == []


def test_a_code_is_good_in_its_own_half_minute_and_the_ones_beside_it() -> None:
    secret, step = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", 58_000_000
    code = pyotp.TOTP(secret).generate_otp(step)
    found = {
        offset: step_of(secret, code, datetime.fromtimestamp((step + offset) * 30 + 29, UTC))
        for offset in range(-2, 3)
    }
    assert found == {-2: None, -1: step, 0: step, 1: step, 2: None}
