"""Words: what texts are shown, searched and sorted by, without regard to case and accents."""

import unicodedata

MAX_WORDS = 32
# A letter may fold into many. What is longer than this is found by its beginning, and no index of
# any database is burst.
MAX_WORD = 200


def folded(text: str) -> str:
    """`text` without case, accents and superfluous space: "Beyoncé " and "BEYONCE" are one."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(unicodedata.normalize("NFC", bare).casefold().split())


def readable(text: str) -> str:
    """`text` without what nobody could read: control characters, lonely halves of letters."""
    return "".join(letter for letter in text if letter.isprintable()).strip()


def sort_key(name: str, most: int = 200) -> str:
    """What a name is sorted by, at most so many characters."""
    return folded(name)[:most]


def words_of(*texts: str | None) -> str:
    """All words that the texts can be found by, each once, with one space between them.

    "AC/DC" is found as `ac`, `dc` and `acdc`; what is nothing but signs ("!!!") is a word itself.
    """
    found: dict[str, None] = {}
    for chunk in folded(" ".join(filter(None, texts))).split():
        parts = _parts(chunk)
        found.update(dict.fromkeys(parts))
        found["".join(parts)[:MAX_WORD]] = None
    return " ".join(found)


def wanted_words(query: str) -> list[str]:
    """The beginnings of words that a query asks for, all of which must be there."""
    parts = [part for chunk in folded(query).split() for part in _parts(chunk)]
    return list(dict.fromkeys(parts))[:MAX_WORDS]


def _parts(chunk: str) -> list[str]:
    spaced = "".join(letter if letter.isalnum() else " " for letter in chunk)
    return [part[:MAX_WORD] for part in spaced.split() or [chunk]]
