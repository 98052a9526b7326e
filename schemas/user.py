"""Users on the wire."""

from typing import Any

from schemas.base import Broadcast, Paging, Reply, Request
from schemas.fields import Choice, Flag, Id, Text, Time, Url

NAME_PATTERN = r"[A-Za-z0-9_-]+"
NAME_SAYS = "Only letters, digits, '_' and '-'."
STATUSES = ("online", "idle", "dnd", "offline")


def username(**kwargs: Any) -> Text:
    """3 to 32 letters, digits, `_` and `-`."""
    return Text(3, 32, pattern=NAME_PATTERN, says=NAME_SAYS, **kwargs)


class UserReply(Reply):
    """A user as others may see them."""

    id = Id(required=True)
    username = Text(required=True)
    tag = Text(required=True)
    display_name = Text(required=True)
    avatar_url = Text(required=True, allow_none=True)
    bio = Text(required=True, allow_none=True)
    status = Choice(*STATUSES, required=True)
    custom_status = Text(required=True, allow_none=True)
    role = Choice("user", "moderator", "admin", required=True)
    is_guest = Flag(required=True)
    created_at = Time(required=True)


class OwnUserReply(UserReply):
    """A user as they see themselves."""

    status = Choice(*STATUSES, required=True, attribute="chosen_status")
    email = Text(required=True, allow_none=True)
    provider = Text(required=True)
    two_factor_enabled = Flag(required=True)


class UserGet(Request):
    user_id = Id()
    tag = Text(3, 40, pattern=r"[A-Za-z0-9_-]+#\d{4}", says="A tag looks like ada#1234.")


class UserNamed(Request):
    user_id = Id(required=True)


class UserList(Paging):
    query = Text(1, 64)


class UserUpdateProfile(Request):
    username = username()
    display_name = Text(1, 32, blank=False)
    bio = Text(0, 500, allow_none=True)
    avatar_url = Url(allow_none=True)


class UserSetStatus(Request):
    status = Choice(*STATUSES, required=True)
    custom_status = Text(0, 128, allow_none=True)


class UserUpdated(UserReply, Broadcast):
    """A user changed their profile or their status."""

    event = "user:updated"
