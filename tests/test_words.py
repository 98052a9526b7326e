"""Words: what texts are found by and sorted by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.words import MAX_WORD, folded, sort_key, wanted_words, words_of

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Beyoncé", "beyonce"),
        ("  HELLO\thello ", "hello"),
        ("AC/DC", "ac dc acdc"),
        ("Don't Stop", "don t dont stop"),
        ("!!!", "!!!"),
        ("Straße", "strasse"),
        ("Ⅷ ﬁn", "viii fin"),
        ("東京", "東京"),
        ("", ""),
    ],
)
def test_a_text_is_found_by_its_words(text: str, words: str) -> None:
    assert words_of(text) == words


def test_a_query_asks_for_each_word_once() -> None:
    assert wanted_words("Beyoncé, beyonce!") == ["beyonce"]
    assert wanted_words(" \t ") == []
    assert wanted_words("!!!") == ["!!!"]


@given(TEXTS)
def test_every_text_is_found_by_itself_and_by_its_beginnings(text: str) -> None:
    words = words_of(text).split(" ")
    for query in (text, text.upper(), f" {text} "):
        if query.casefold() == text.casefold():
            assert all(any(w.startswith(q) for w in words) for q in wanted_words(query))


@given(TEXTS)
def test_words_are_apart_by_one_space_and_bounded(text: str) -> None:
    words = words_of(text * 20)
    assert words == " ".join(words.split())
    assert all(len(word) <= MAX_WORD for word in words.split(" "))
    assert folded(folded(text)) == folded(text)
    assert len(sort_key(text * 20)) <= 200
