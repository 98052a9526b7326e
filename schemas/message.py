"""Messages on the wire."""

from typing import Any

from marshmallow import fields

from schemas.base import Broadcast, Reply, Request
from schemas.fields import Flag, Id, Integer, Text, Time
from schemas.user import UserReply

MAX_SEQ = 2**53 - 1


class ReactionReply(Reply):
    """Who answered a message with an emoji."""

    emoji = Text(required=True)
    count = Integer(0, MAX_SEQ, required=True)
    user_ids = fields.List(Id(), required=True)


class AttachmentReply(Reply):
    """A file that came with a message; `size` in bytes, `width` and `height` in pixels."""

    id = Id(required=True)
    filename = Text(required=True)
    url = Text(required=True)
    size = Integer(0, MAX_SEQ, required=True)
    mime_type = Text(required=True)
    width = Integer(0, MAX_SEQ, required=True, allow_none=True)
    height = Integer(0, MAX_SEQ, required=True, allow_none=True)


class MessageReply(Reply):
    """What somebody said in a channel; `seq` is the number of its last change there.

    `replyTo` is the id of a message of the same channel, or null. `userId` and `author` are null
    where the account is gone.
    """

    id = Id(required=True)
    channel_id = Id(required=True)
    user_id = Id(required=True, allow_none=True, attribute="author_id")
    author = fields.Nested(UserReply, required=True, allow_none=True)
    content = Text(required=True)
    nonce = Text(required=True, allow_none=True)
    reply_to = Id(required=True, allow_none=True, attribute="reply_to_id")
    edited = Flag(required=True)
    pinned = Flag(required=True)
    reactions = fields.List(fields.Nested(ReactionReply), required=True)
    attachments = fields.List(fields.Nested(AttachmentReply), required=True)
    timestamp = Time(required=True, attribute="sent_at")
    created_at = Time(required=True)
    updated_at = Time(required=True)
    seq = Integer(1, MAX_SEQ, required=True)

    def dump(self, obj: Any, *, many: bool | None = None) -> Any:
        """A message that is a dict has been dumped before: so it was said, so it stays."""
        return obj if isinstance(obj, dict) else super().dump(obj, many=many)


class MessageSend(Request):
    """`replyTo` is the id of a message in the same channel; `userId` the caller's own, if given."""

    content = Text(1, 2000, blank=False, required=True)
    channel_id = Id()
    nonce = Text(1, 64)
    reply_to = Id()
    user_id = Id()


class MessageGet(Request):
    message_id = Id(required=True)


class MessageList(Request):
    """The newest, or those next to a message: one of `before`, `after`, `around` at most."""

    channel_id = Id(required=True)
    before = Id()
    after = Id()
    around = Id()
    limit = Integer(1, 100, load_default=50)


class MessageMarkRead(Request):
    channel_id = Id(required=True)
    message_id = Id(required=True)


class MessageMarkedRead(Reply):
    """How many messages of others the caller has not read in the channel."""

    unread = Integer(0, MAX_SEQ, required=True)


class MessageSent(MessageReply, Broadcast):
    """Somebody said something in a channel."""

    event = "message"
