"""Limits of one process: so many in a moving window, for each who and what."""

from config.limits import LONGEST_S, OwnWindow, parse_limit

LIMIT = parse_limit("3/10s")


def test_so_many_are_let_through_and_the_next_is_told_how_long_to_wait() -> None:
    window = OwnWindow()
    assert [window.retry_after_s(LIMIT, "ada", now) for now in (100.0, 103.0, 106.0)] == [None] * 3
    assert window.retry_after_s(LIMIT, "ada", 107.0) == 3.0
    assert window.retry_after_s(LIMIT, "bob", 107.0) is None
    assert window.retry_after_s(LIMIT, "ada", 110.0) is None
    assert window.retry_after_s(LIMIT, "ada", 110.1) == 113.0 - 110.1


def test_who_is_refused_is_not_counted() -> None:
    window = OwnWindow()
    for now in (0.0, 1.0, 2.0, *(3.0 + n / 10 for n in range(60))):
        window.retry_after_s(LIMIT, "ada", now)
    assert window.retry_after_s(LIMIT, "ada", 10.0) is None


def test_who_comes_no_more_is_forgotten() -> None:
    window = OwnWindow()
    window.retry_after_s(LIMIT, "ada", 100.0)
    window.retry_after_s(LIMIT, "bob", 100.0 + LONGEST_S + 1)
    assert list(window._moments) == ["bob"]
