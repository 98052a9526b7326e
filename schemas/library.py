"""What is asked of the library's lists on the wire."""

from schemas.base import Paging
from schemas.fields import Id, Text


class LibraryList(Paging):
    """What to list of the library.

    `query` is of beginnings of words, in any order, without regard to case and accents.
    """

    query = Text(1, 100, load_default=None)
    genre = Text(1, 100, load_default=None)
    artist_id = Id(load_default=None)
    cursor = Text(1, 2000, load_default=None)
