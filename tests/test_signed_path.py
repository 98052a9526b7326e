"""Signed paths: whoever holds one sees a private file, for a while."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from models.signed_path import PathSigner

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SIGNER = PathSigner("a secret of thirty-two characters")
PATH = "/media/attachments/1/hôtel bill?.pdf"


def parts(url: str) -> tuple[str, dict[str, str]]:
    split = urlsplit(url)
    return unquote(split.path), dict(parse_qsl(split.query))


def test_a_signed_path_opens_until_its_end() -> None:
    path, query = parts(SIGNER.sign(PATH, NOW + timedelta(minutes=10)))
    assert path == PATH
    assert SIGNER.opens(path, query, NOW + timedelta(minutes=9, seconds=59))
    assert not SIGNER.opens(path, query, NOW + timedelta(minutes=10))


@pytest.mark.parametrize(
    "change",
    [
        {"expires": "99999999999"},
        {"signature": "0" * 64},
        {"signature": "\ud800\N{SNOWMAN}"},
        {"signature": ""},
        {"expires": "never"},
    ],
)
def test_what_was_changed_opens_nothing(change: dict[str, str]) -> None:
    path, query = parts(SIGNER.sign(PATH, NOW + timedelta(minutes=10)))
    assert not SIGNER.opens(path, query | change, NOW)


def test_a_signature_is_of_one_path_and_one_secret() -> None:
    path, query = parts(SIGNER.sign(PATH, NOW + timedelta(minutes=10)))
    assert not SIGNER.opens(path + "x", query, NOW)
    assert not SIGNER.opens(path, {}, NOW)
    other = PathSigner("another secret of thirty-two letters")
    assert not other.opens(path, query, NOW)
