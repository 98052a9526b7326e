"""An answer that may come now or later, and is handed on at once when it does."""

from collections.abc import Callable
from typing import Any

NOT_YET = object()


class Later:
    """Unlike a future's, its callback runs in the moment of `give`: answers keep their order."""

    __slots__ = ("_then", "value")

    def __init__(self) -> None:
        self.value: Any = NOT_YET
        self._then: Callable[[Any], None] | None = None

    def give(self, value: Any) -> None:
        """This is the answer."""
        self.value = value
        if self._then is not None:
            self._then(value)

    def then(self, callback: Callable[[Any], None]) -> None:
        """Have `callback` called with the answer, now or when it comes; there is one only."""
        if self.value is NOT_YET:
            self._then = callback
        else:
            callback(self.value)
