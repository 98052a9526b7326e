"""What a file says of itself, made fit to be stored and shown."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from models.audio.source import Source

_LONGEST = 200
# Marks that turn the direction of all text after them, beyond the tag itself.
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Tags:
    """Clean tags of at most 200 characters; None where the file has none."""

    title: str | None
    artist: str | None
    album: str | None
    genre: str | None


def read_tags(source: Source) -> Tags:
    """The tags of the file, else of its stream: Ogg keeps them there."""
    found = _by_lower_name(source.stream.metadata) | _by_lower_name(source.container.metadata)
    return Tags(
        title=found.get("title"),
        artist=found.get("artist") or found.get("album_artist"),
        album=found.get("album"),
        genre=found.get("genre"),
    )


def _by_lower_name(metadata: Mapping[str, str]) -> dict[str, str]:
    tags = {name.lower(): clean(value) for name, value in metadata.items()}
    return {name: value for name, value in tags.items() if value}


def clean(value: str) -> str | None:
    """One line of text without control characters, lone surrogates and bidi overrides.

    Bytes that were no UTF-8 (they come as surrogates) are read as Windows-1252, in which old
    taggers wrote.
    """
    if any("\udc80" <= char <= "\udcff" for char in value):
        value = value.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
    shown = (
        " " if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} else char
        for char in unicodedata.normalize("NFC", value[: _LONGEST * 8])
        if char not in _BIDI
    )
    return " ".join("".join(shown).split())[:_LONGEST].strip() or None
