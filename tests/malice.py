"""Payloads that nobody means well with: for every key of every event, what it must refuse."""

import json
import random
import string
from collections.abc import Iterator
from typing import Any

from marshmallow import fields

from handlers import catalogue
from handlers.registry import EVENTS, Event
from schemas.base import instance
from schemas.fields import Choice, Flag, Id, Integer, Number, Text

__all__ = ["EVENTS", "catalogue", "hostile_frames", "random_frame", "refused_payloads"]

NIL = "00000000-0000-7000-8000-000000000000"
# Numbers that json.dumps cannot write: put in after it, in place of these texts.
RAW = {
    "@huge": "1e400",
    "@long": "1" * 400,
    "@minus": "-0.0",
    "@point": "1e-400",
    "@big": str(2**70),
}
# To compare a password takes a tenth of a second of a core, which is what makes it safe.
SLOW = {"two_factor:setup", "two_factor:disable", "user:change_password", "user:delete_account"}
DEEP = "[" * 400 + "]" * 400

TEXTS = [
    "", " ", "x", "x" * 33, "x" * 2001, "x" * 30_000, "\x00", "a\x00b", "\ud800", "a\udfffb",
    "\u202e", "\N{SNOWMAN}", "\N{ZERO WIDTH SPACE}", "\N{MUSICAL SYMBOL G CLEF}" * 20, "İ" * 32,
    "%", "_", "\\", "'; DROP TABLE users; --", "{{7*7}}", "null", NIL, NIL.upper(),
    NIL.replace("-", ""), f"{{{NIL}}}", "ada#0001", "ada#\N{ARABIC-INDIC DIGIT ONE}001",
    "https://example.org/x.png", "javascript:alert(1)", "/media/../x", "W10", "WyJcdTAwMDAiXQ",
    "WyJcdWQ4MDAiXQ", "WzFlNDAwXQ", "W251bGxd", "WyIiLCIiXQ", "WzEsMl0", "W3t9XQ", "WzEsIngiXQ",
    "WyJob3N0IiwieCJd", "WzFlOTk5LCJ4Il0", "WzEwMDAwMDAwMDAwMDAwMDAwMDAwMCwieCJd",
]  # fmt: skip
NUMBERS: list[Any] = [0, -1, 1, 2, 0.5, 1e15, -1e15, 2**31, 2**53, 2**63, -(2**63), *RAW]
OTHERS: list[Any] = [None, True, False, [], [1], {}, {"a": 1}, {"_schema": []}, [[[[]]]]]


def wrong_for(field: fields.Field[Any]) -> Iterator[Any]:
    """Values of which the field must not take a single one."""
    yield from ([], {}, [[]], {"a": {"b": 1}}, "@huge", "@long", "\ud800", "a\x00b", "x" * 30_000)
    if not field.allow_none:
        yield None
    if not isinstance(field, Flag):
        yield from (True, False)
    if isinstance(field, Text | Id | Choice | fields.String):
        yield from (7, 0.5, -0.0)
    if isinstance(field, Id):
        yield from ("", NIL.replace("-", ""), f"{{{NIL}}}", NIL[:-1], "x" * 36)
    if isinstance(field, Integer | Number):
        yield from ("7", "", "NaN", "@big", field.least - 1, field.most + 1)
    if isinstance(field, Integer):
        yield 0.5
    if isinstance(field, Text):
        yield "x" * (field.most + 1)


def refused_payloads(event: Event) -> Iterator[tuple[str, str]]:
    """What is wrong, and the arguments as JSON: each must answer `validation_failed`."""
    known = instance(event.request).fields.values()
    yield "unknown key", '{"nobodyKnows":1}'
    yield "many unknown keys", encode({f"key {n}": n for n in range(3000)})
    yield "reserved keys", '{"_schema":1,"__proto__":{},"constructor":1,"self":1,"caller":1}'
    yield "two arguments", "{},{}"
    yield "many arguments", ",".join(["{}"] * 2000)
    for text in ("null", "[]", '"{}"', "7", "true", DEEP, f'{{"x":{DEEP}}}'):
        yield f"payload {text:.20}", text
    if any(field.required for field in known):
        yield "nothing", ""
        yield "empty", "{}"
    for field in known:
        for value in wrong_for(field):
            yield f"{field.data_key} = {value!r:.40}", encode({field.data_key: value})


def encode(value: Any) -> str:
    """JSON, also of numbers that Python's writes not."""
    text = json.dumps(value)
    for name, number in RAW.items():
        text = text.replace(f'"{name}"', number)
    return text


def random_frame(rng: random.Random, number: int, ids: list[str]) -> str:
    """An event with an acknowledgement number and a payload that is nearly, or wholly, right."""
    slow_too = rng.random() < 0.05
    event = rng.choice([e for e in EVENTS.values() if slow_too or e.name not in SLOW])
    known = list(instance(event.request).fields.values())
    payload = {f.data_key: some(rng, f, ids) for f in known if f.required or rng.random() < 0.4}
    if rng.random() < 0.05:
        payload[rng.choice(TEXTS)[:40]] = rng.choice(OTHERS)
    if known and rng.random() < 0.25:
        payload[rng.choice(known).data_key] = anything(rng)
    return f'42{number}["{event.name}",{encode(payload)}]'


def some(rng: random.Random, field: fields.Field[Any], ids: list[str]) -> Any:
    """A value that the field may well take."""
    if isinstance(field, Id):
        return rng.choice(ids)
    if isinstance(field, Choice):
        return rng.choice(field.choices)
    if isinstance(field, Flag):
        return rng.random() < 0.5
    if isinstance(field, Integer | Number):
        middle = rng.uniform(max(field.least, -1e9), min(field.most, 1e9))
        value = rng.choice([field.least, field.most, middle])
        return int(value) if isinstance(field, Integer) else value
    if isinstance(field, Text) and rng.random() < 0.7:
        size = rng.randint(field.least, min(field.most, 60))
        return "".join(rng.choices(string.ascii_letters + string.digits, k=size))
    return rng.choice(TEXTS)


def anything(rng: random.Random) -> Any:
    return rng.choice([*TEXTS, *NUMBERS, *OTHERS])


def hostile_frames(rng: random.Random, count: int) -> Iterator[str | bytes]:
    """Frames that are broken somewhere, most of them no packet at all."""
    for _ in range(count):
        frame = f'42{rng.randint(0, 9)}["{rng.choice(list(EVENTS))}",{encode(anything(rng))}]'
        at, number = rng.randrange(len(frame)), rng.randint(0, 99)
        broken: list[str | bytes] = [
            *(frame[:at], frame[at:], frame[:at] + rng.choice(string.printable) + frame[at + 1 :]),
            "".join(rng.choices(string.printable, k=rng.randint(0, 60))),
            rng.randbytes(40),
            *(f"4{number % 10}{frame[2:]}", f"{number % 10}{frame[1:]}", f"45{number}-{frame[2:]}"),
            *(
                f"43{number}[{encode(anything(rng))}]",
                f"42/x,{frame[2:]}",
                f"4{encode(anything(rng))}",
            ),
            *(f"40/{rng.choice(TEXTS[:3])},", "41", "5", "2probe"),
        ]
        yield rng.choice(broken)
