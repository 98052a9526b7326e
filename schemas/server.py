"""Servers on the wire."""

from schemas.base import Reply, Request
from schemas.fields import Id, Integer, Text, Time
from schemas.message import MAX_SEQ


class ServerReply(Reply):
    """A community with channels."""

    id = Id(required=True)
    name = Text(required=True)
    description = Text(required=True, allow_none=True)
    icon_url = Text(required=True, allow_none=True)
    banner_url = Text(required=True, allow_none=True)
    owner_id = Id(required=True, allow_none=True)
    member_count = Integer(0, MAX_SEQ, required=True)
    channel_count = Integer(0, MAX_SEQ, required=True)
    created_at = Time(required=True)
    updated_at = Time(required=True)


class ServerGet(Request):
    server_id = Id(required=True)
