"""Accounts with providers: who may link and unlink them. They are always the caller's own."""

from tests.client import PASSWORD
from tests.rights.scene import Rows

NO_CODE = {"code": "x" * 43}
GOOGLE = {"provider": "google"}

# Whoever they are, they have none, nor a code; a guest has no account that one could be linked to.
ROWS: Rows = {
    #                           s o k g m d h mod fr bl ad
    "user:confirm_identity": ("t t t f t t t t t t t", lambda _: NO_CODE),
    "user:identities":       ("+ + + + + + + + + + +", lambda _: {}),
    "user:link_identity":    ("+ + + f + + + + + + +", lambda _: {**GOOGLE, "password": PASSWORD}),
    "user:unlink":           ("n n n n n n n n n n n", lambda _: GOOGLE),
}  # fmt: skip
