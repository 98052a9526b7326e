"""The library: who may do what."""

from tests.rights.scene import Rows

# The track is the host's.
ROWS: Rows = {
    #                s o k g m d h mod fr bl ad
    "artist:list": ("+ + + + + + + + + + +", lambda _: {}),
    "track:get":   ("+ + + + + + + + + + +", lambda s: {"trackId": s.track}),
    "track:list":  ("+ + + + + + + + + + +", lambda _: {}),
}  # fmt: skip
