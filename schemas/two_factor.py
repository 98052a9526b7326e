"""The second factor on the wire."""

from typing import Any

from marshmallow import fields

from schemas.base import Reply, Request
from schemas.fields import Text

ONE_TIME = r"[0-9]{6}"
RECOVERY = r"[0-9A-Za-z]{5}-?[0-9A-Za-z]{5}"


def one_time_code(**kwargs: Any) -> Text:
    """Six digits."""
    return Text(6, 6, pattern=ONE_TIME, says="A code has six digits.", **kwargs)


def recovery_code(**kwargs: Any) -> Text:
    """Such as `7k2mv-q0xe4`; capitals and the hyphen do not matter."""
    return Text(10, 11, pattern=RECOVERY, says="A recovery code looks like 7k2mv-q0xe4.", **kwargs)


class TwoFactorSetup(Request):
    """`password` may be left out where the account has none."""

    password = Text(1, 128)


class TwoFactorKey(Reply):
    """`qrSvg` shows `otpauthUrl` as an image, for the app to read; `secret` is for typing it."""

    secret = Text(required=True)
    otpauth_url = Text(required=True)
    qr_svg = Text(required=True)


class TwoFactorEnable(Request):
    code = one_time_code(required=True)


class TwoFactorEnabled(Reply):
    """Each recovery code stands in for a code once. They are not shown again."""

    recovery_codes = fields.List(Text(), required=True)


class TwoFactorDisable(Request):
    """`code` is one of the app's, or a recovery code."""

    password = Text(1, 128)
    code = Text(
        6,
        11,
        pattern=f"{ONE_TIME}|{RECOVERY}",
        says="Give six digits, or a recovery code.",
        required=True,
    )
