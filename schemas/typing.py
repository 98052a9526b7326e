"""Who is typing, on the wire."""

from schemas.base import Broadcast, Request
from schemas.fields import Id


class TypingStart(Request):
    channel_id = Id(required=True)


class Typing(Broadcast):
    """Somebody else is writing in a channel; said at most once in 3 s for each user."""

    event = "typing"

    channel_id = Id(required=True)
    user_id = Id(required=True)
