"""Ids and times are written and read in ways of their own, to the same end as Python's."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID
from zoneinfo import ZoneInfo

from asyncpg.pgproto import pgproto
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from schemas.fields import Id, id_text, time_text

ZONES = [UTC, ZoneInfo("UTC"), ZoneInfo("Europe/London"), timezone(timedelta(hours=-3)), None]
MOMENTS = st.datetimes(timezones=st.sampled_from(ZONES)).filter(lambda at: 1 < at.year < 9999)


@settings(deadline=None)
@given(MOMENTS)
def test_a_moment_goes_out_as_its_iso_format_in_utc(moment: datetime) -> None:
    iso = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    assert time_text(moment) == iso.removesuffix("+00:00") + "Z"


@settings(deadline=None)
@given(st.uuids() | st.uuids().map(lambda found: pgproto.UUID(found.bytes)))
def test_an_id_goes_out_with_its_hyphens(identity: UUID) -> None:
    for _ in range(2):
        text = id_text(identity)
        assert (text, type(text)) == (str(identity), str)


@settings(deadline=None)
@given(
    st.uuids().map(str)
    | st.uuids().map(lambda found: found.hex.upper() + "----")
    | st.text("0123456789abcdefABCDEF-{}", min_size=34, max_size=38)
)
def test_an_id_comes_in_as_a_uuid_of_36_characters(text: str) -> None:
    for _ in range(2):
        assert taken(text) == expected(text)


def taken(text: str) -> UUID | None:
    try:
        return Id().deserialize(text)
    except ValidationError:
        return None


def expected(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None
