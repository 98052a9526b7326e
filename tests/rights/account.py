"""Accounts: passwords, second factors, the end."""

from collections.abc import Callable
from typing import Any

from tests.client import PASSWORD

Payload = Callable[[Any], Any]

WRONG = {"password": "not the password"}
CHANGE = {"currentPassword": "not the password", "newPassword": PASSWORD}


async def where_none_is_set_up(scene: Any) -> dict[str, str]:
    """A code, while nobody has a second factor that it could be of."""
    await scene.house.execute("DELETE FROM two_factors")
    return {"code": "000000"}


# Nobody is to lose their account, or their other sessions, before all other events were tried.
ROWS: dict[str, tuple[str, Payload]] = {
    #                       s o k g m d h mod fr bl ad
    "two_factor:setup":     ("+ + + f + + + + + + +", lambda _: {"password": PASSWORD}),
    "two_factor:enable":    ("c c c f c c c c c c c", where_none_is_set_up),
    "two_factor:disable":   ("f f f f f f f f f f f", lambda _: {**WRONG, "code": "000000"}),
    "user:change_password": ("f f f f f f f f f f f", lambda _: CHANGE),
    "user:delete_account":  ("v v v v v v v v v v v", lambda _: {"password": ""}),
    "user:export_data":     ("+ + + + + + + + + + +", lambda _: {}),
}  # fmt: skip
