"""The few ways in which a request can fail, each with the contract's code."""

from typing import Any


class SoundroomError(Exception):
    """A refusal with a sentence for a person; `data` is the current state, where that helps."""

    code = "internal"

    def __init__(self, message: str, *, data: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.data = data


class ValidationFailed(SoundroomError):
    """The request is not of its form; `details` lists `{path, code, message}`."""

    code = "validation_failed"

    def __init__(self, message: str, details: list[dict[str, Any]]) -> None:
        super().__init__(message)
        self.details = details

    @classmethod
    def of(cls, path: str, code: str, message: str) -> "ValidationFailed":
        return cls(message, [{"path": [path], "code": code, "message": message}])


class Unauthorized(SoundroomError):
    """Who asks has not shown who they are; `code` says what is the matter with their token."""

    code = "unauthorized"

    def __init__(self, message: str, code: str = "unauthorized") -> None:
        super().__init__(message)
        self.code = code


class Forbidden(SoundroomError):
    """The caller sees the thing, but may not do this to it."""

    code = "forbidden"


class NotFound(SoundroomError):
    """There is no such thing, or the caller may not see it: both read the same."""

    code = "not_found"


class Conflict(SoundroomError):
    """The state of things does not allow it, now."""

    code = "conflict"


class PayloadTooLarge(SoundroomError):
    code = "payload_too_large"


class UnsupportedMediaType(SoundroomError):
    code = "unsupported_media_type"


class RateLimited(SoundroomError):
    """Too often; `retry_after_s` seconds from now it works again."""

    code = "rate_limited"

    def __init__(self, retry_after_s: float) -> None:
        super().__init__("That was too often. Please wait a moment.")
        self.retry_after_s = retry_after_s


class Unavailable(SoundroomError):
    """Something that we depend on is away; trying again later helps."""

    code = "unavailable"

    def __init__(self, message: str = "The service is unavailable. Please try again soon.") -> None:
        super().__init__(message)


class UnknownEvent(SoundroomError):
    code = "unknown_event"
