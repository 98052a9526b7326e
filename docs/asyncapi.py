"""`docs/asyncapi.json`: the events as an AsyncAPI 3.0 document, from the server's point of view."""

import json
from typing import Any

from docs.contract import CODES, Contract
from docs.json_schema import REFERENCE, JsonSchema, type_name
from handlers.registry import Event
from schemas.base import Empty

Json = dict[str, Any]
CHANNEL = "#/channels/events"
NOTHING: JsonSchema = {"type": "object", "additionalProperties": False}
ABOUT = (
    "Socket.IO 5 over Engine.IO 4, namespace `/`. A client connects with `auth: {token}`, sends "
    "events with one JSON object, and every event is acknowledged with one envelope."
)


def asyncapi(contract: Contract, version: str) -> str:
    """The document as JSON."""
    messages = _messages(contract)
    channel_messages = {key: {"$ref": f"#/components/messages/{key}"} for key in messages}
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Soundroom",
            "version": version,
            "description": ABOUT,
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": {"local": _server()},
        "channels": {"events": {"address": "/", "messages": channel_messages}},
        "operations": _operations(contract),
        "components": {
            "schemas": {**contract.objects, "Failure": failure()},
            "messages": messages,
            "securitySchemes": {"token": _token()},
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _server() -> Json:
    return {
        "host": "127.0.0.1:8080",
        "pathname": "/socket.io/",
        "protocol": "ws",
        "description": "What `make run` starts.",
        "security": [{"$ref": "#/components/securitySchemes/token"}],
    }


def _token() -> Json:
    about = "An access token of `POST /auth/login`, sent as `auth: {token}` with the connection."
    return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": about}


def _messages(contract: Contract) -> Json:
    found: Json = {}
    for name, event in contract.events.items():
        payload = NOTHING if event.request is Empty else reference(type_name(event.request))
        found[key(name)] = {"name": name, "summary": first_line(event.summary), "payload": payload}
        found[f"{key(name)}.ack"] = {"name": f"{name} acknowledged", "payload": envelope(event)}
    for name, schema in contract.broadcasts.items():
        payload = reference(type_name(schema))
        # `message` and `typing` are said by clients and by the server.
        found[said_key(contract, name)] = {"name": name, "payload": payload}
    return dict(sorted(found.items()))


def _operations(contract: Contract) -> Json:
    found: Json = {}
    for name, event in contract.events.items():
        found[key(name)] = {
            "action": "receive",
            "channel": {"$ref": CHANNEL},
            "summary": first_line(event.summary),
            "description": f"May be sent by: {event.who.value}. Limit: {event.limit}.",
            "messages": [message(key(name))],
            "reply": {"channel": {"$ref": CHANNEL}, "messages": [message(f"{key(name)}.ack")]},
        }
    for name in contract.broadcasts:
        said = said_key(contract, name)
        operation = {"action": "send", "channel": {"$ref": CHANNEL}, "messages": [message(said)]}
        found[said] = operation
    return dict(sorted(found.items()))


def envelope(event: Event) -> JsonSchema:
    """The form of an event's acknowledgement."""
    data = reference(type_name(event.reply)) if event.reply else NOTHING
    properties: Json = {"success": {"const": True}, "data": data}
    if event.many:
        cursor = {"nextCursor": {"type": ["string", "null"]}}
        properties["data"] = {"type": "array", "items": data}
        properties["meta"] = {"type": "object", "properties": cursor, "required": ["nextCursor"]}
    success = {"type": "object", "properties": properties, "required": list(properties)}
    return {"oneOf": [success, reference("Failure")]}


def failure() -> JsonSchema:
    """The form of every refusal."""
    problem = {"path": {"type": "array"}, "code": {"type": "string"}, "message": {"type": "string"}}
    problems = {"type": "object", "properties": problem, "required": list(problem)}
    properties: Json = {
        "success": {"const": False},
        "error": {"type": "string", "description": "A sentence for a person."},
        "code": {"type": "string", "enum": list(CODES)},
        "details": {"type": "array", "items": problems},
        "retryAfter": {"type": "number", "description": "Seconds."},
        "errorId": {"type": "string"},
        "data": {"description": "How things stand, where that helps."},
    }
    return {"type": "object", "properties": properties, "required": ["success", "error", "code"]}


def key(name: str) -> str:
    """An event's name as a key of the document, where a colon is not allowed."""
    return name.replace(":", ".")


def said_key(contract: Contract, name: str) -> str:
    """The key of a server event; some have the name of a client's."""
    return f"{key(name)}.said" if name in contract.events else key(name)


def message(of: str) -> Json:
    return {"$ref": f"{CHANNEL}/messages/{of}"}


def reference(name: str) -> JsonSchema:
    return {"$ref": REFERENCE + name}


def first_line(text: str) -> str:
    return text.partition("\n")[0]
