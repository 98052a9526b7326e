"""One-time codes as telephones make them (RFC 6238): six digits, others every 30 s."""

import hmac
from datetime import datetime
from io import BytesIO

import pyotp
import segno

ISSUER = "Soundroom"
STEP_S = 30
TOLERANCE_STEPS = 1  # for a telephone whose clock is half a minute off, and for slow fingers


def new_secret() -> str:
    """160 random bits in base 32, as authenticator apps take them."""
    return pyotp.random_base32()


def otpauth_url(secret: str, account: str) -> str:
    """What an authenticator app reads from the QR code."""
    return pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=account, issuer_name=ISSUER)


def qr_svg(text: str) -> str:
    """A QR code as an SVG image. Takes milliseconds: not for the event loop."""
    image = BytesIO()
    segno.make(text, micro=False).save(image, kind="svg", xmldecl=False, scale=4)
    return image.getvalue().decode()


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code that is, of those that are good now; None for a wrong code."""
    current = int(now.timestamp()) // STEP_S
    totp = pyotp.TOTP(secret, interval=STEP_S)
    steps = range(current - TOLERANCE_STEPS, current + TOLERANCE_STEPS + 1)
    good = [step for step in steps if hmac.compare_digest(totp.generate_otp(step), code)]
    return max(good, default=None)
