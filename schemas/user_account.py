"""A user's account on the wire: its password, its end, and all that is known of it."""

from schemas.base import Reply, Request
from schemas.fields import Text, Time
from schemas.session import password


class UserChangePassword(Request):
    """`currentPassword` may be left out where the account has none."""

    current_password = Text(1, 128)
    new_password = password(required=True)


class UserDeleteAccount(Request):
    """`password` may be left out where the account has none."""

    password = Text(1, 128)


class UserExported(Reply):
    """Where a JSON document waits for a GET without a token, until `expiresAt`."""

    url = Text(required=True)
    expires_at = Time(required=True)
