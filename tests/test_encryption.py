"""Encryption at rest: readable with the secret, and with nothing else."""

import pytest

from models.encryption import Cipher, UndecryptableError

SECRET = "a secret of at least 32 characters"


def test_what_was_encrypted_can_be_read_again_also_by_another_process() -> None:
    hidden = Cipher(SECRET).encrypt("Ünïcode \N{MUSICAL SYMBOL G CLEF}")
    assert Cipher(SECRET).decrypt(hidden) == "Ünïcode \N{MUSICAL SYMBOL G CLEF}"


def test_the_same_text_looks_different_each_time_and_never_like_itself() -> None:
    cipher = Cipher(SECRET)
    first, second = cipher.encrypt("a plain text"), cipher.encrypt("a plain text")
    assert first != second
    assert "plain" not in first + second


@pytest.mark.parametrize("token", ["", "rubbish", "ä" * 100, "half \ud800", "gAAAAAB" + "x" * 93])
def test_what_is_none_of_ours_is_refused(token: str) -> None:
    with pytest.raises(UndecryptableError):
        Cipher(SECRET).decrypt(token)


def test_another_secret_or_a_changed_letter_reads_nothing() -> None:
    hidden = Cipher(SECRET).encrypt("a plain text")
    changed = hidden[:20] + ("A" if hidden[20] != "A" else "B") + hidden[21:]
    for secret, token in ((SECRET[::-1], hidden), (SECRET, changed)):
        with pytest.raises(UndecryptableError):
            Cipher(secret).decrypt(token)
