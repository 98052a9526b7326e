"""All that the registry declares, gathered once for every document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from docs.json_schema import Definitions, JsonSchema
from handlers import catalogue
from handlers.http import tus, uploads
from handlers.http.routes import ROUTES, STATUS, Route
from handlers.registry import EVENTS, Event, broadcasts
from models.errors import UnknownEvent
from schemas.base import Broadcast, Empty, Request
from schemas.message import AttachmentReply
from schemas.track import TrackReply
from schemas.upload import (
    ImageReply,
    TrackForm,
    UploadReply,
)

__all__ = ["Contract", "catalogue", "gather"]

# Read as a stream, and so not declared as a route; the form is what comes beside the `file`.
UPLOADS = [
    Route("POST", path, form, reply, 201, uploads.LIMIT, handler)
    for path, form, reply, handler in (
        ("/uploads/attachments", Empty, AttachmentReply, uploads.upload_attachment),
        ("/uploads/images", Empty, ImageReply, uploads.upload_image),
        ("/uploads/tracks", TrackForm, TrackReply, uploads.upload_track),
    )
]
# Of the tus protocol, but for the one request that is not.
TUS_STATE = Route("GET", f"{tus.PATH}/{{id}}", None, UploadReply, 200, tus.PIECES_LIMIT, tus.state)
CODES = (*STATUS, UnknownEvent.code)


@dataclass(frozen=True, slots=True)
class Contract:
    """Events of clients and of the server, requests, and the objects that they are made of."""

    events: Mapping[str, Event]
    broadcasts: Mapping[str, type[Broadcast]]
    routes: list[Route]
    objects: Mapping[str, JsonSchema]

    def payload(self, request: type[Request] | None) -> JsonSchema | None:
        """What a client sends along; None where that is nothing."""
        return None if request is None or request is Empty else self.objects[request.__name__]


def gather() -> Contract:
    """Everything, sorted, so that the same code always gives the same documents."""
    definitions = Definitions()
    events = dict(sorted(EVENTS.items()))
    said = broadcasts()
    routes = sorted([*ROUTES, *UPLOADS, TUS_STATE], key=lambda route: (route.path, route.method))
    declared: list[Any] = [*events.values(), *routes]
    for schema in [one for each in declared for one in (each.request, each.reply)]:
        if schema is not None and schema is not Empty:
            definitions.reference(schema)
    for broadcast in said.values():
        definitions.reference(broadcast)
    return Contract(events, said, routes, definitions.objects)


def domains(names: Mapping[str, Any]) -> dict[str, list[str]]:
    """Event names by what stands before the colon."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(name.partition(":")[0], []).append(name)
    return found
