"""The account of a load: what was sent, acknowledged and stored, and what was wrong with it."""

import asyncio
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.faults.wire import Json
from tests.servers import House

MAX_COMPLAINTS = 20


@dataclass
class Ledger:
    """Kept by all members together. With `may_be_away`, `unavailable` is an answer, too."""

    may_be_away: bool = False
    acked: dict[str, int] = field(default_factory=dict, repr=False)
    complaints: list[str] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    flowing: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    head: int = 0  # the greatest number that was acknowledged

    def complain(self, sentence: str) -> None:
        if len(self.complaints) < MAX_COMPLAINTS and sentence not in self.complaints:
            self.complaints.append(sentence)

    def refused(self, who: str, event: str, answer: Json) -> None:
        """Note an answer that is no success."""
        self.codes[answer["code"]] += 1
        if not (self.may_be_away and answer["code"] == "unavailable"):
            self.complain(f"{who}: {event} was answered {answer}")

    def stored(self, nonce: str, seq: int) -> None:
        """Note that a send was acknowledged; the same one always by the same number."""
        first = self.acked.setdefault(nonce, seq)
        if first != seq:
            self.complain(f"{nonce} was acknowledged as number {first} and as {seq}")
        self.head = max(self.head, seq)

    async def check(self, house: House, channel_id: str) -> dict[int, str]:
        """Compare with the database; gives the nonce of every number there."""
        found = await house.fetch(
            "SELECT seq, nonce FROM messages WHERE channel_id = $1 ORDER BY seq", channel_id
        )
        nonces = Counter(row["nonce"] for row in found)
        numbers = {row["nonce"]: row["seq"] for row in found}
        lost = [nonce for nonce in self.acked if nonce not in nonces]
        moved = [n for n, seq in self.acked.items() if n in numbers and numbers[n] != seq]
        self._list("acknowledged, but not stored", [f"{n} ({self.acked[n]})" for n in lost])
        self._list("stored more than once", [n for n, count in nonces.items() if count > 1])
        self._list("stored under another number than acknowledged", moved)
        seqs = [row["seq"] for row in found]
        self._list("numbers without a message", sorted({*range(1, len(seqs) + 1)} - {*seqs}))
        last = await last_seq(house, channel_id)
        if last != len(seqs):
            self.complain(f"the channel counts {last}, but has {len(seqs)} messages")
        return {row["seq"]: row["nonce"] for row in found}

    def compare(self, who: str, heard: dict[int, str], stored: dict[int, str]) -> None:
        """Note what `who` has not heard, or heard otherwise than it is stored."""
        missed = [f"{n} ({stored[n]})" for n in stored if n not in heard]
        self._list(f"{who} never got", missed)
        wrong = [n for n, nonce in heard.items() if stored.get(n) != nonce]
        self._list(f"{who} got what is not stored so, numbers", wrong)

    def _list(self, what: str, which: list[Any]) -> None:
        if which:
            self.complain(f"{what}: {len(which)}, of them {which[:5]} … {which[-1]}")


async def last_seq(house: House, channel_id: str) -> int:
    """The number of a channel's last event, as the database has it."""
    (row,) = await house.fetch("SELECT last_seq FROM channels WHERE id = $1", channel_id)
    number: int = row["last_seq"]
    return number


def report(what: str) -> None:
    """Say a figure, which `pytest -rP` or `-s` shows."""
    sys.stdout.write(f"{what}\n")
