"""Peaks in one pass are the peaks that one would read off the whole sound."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.audio.waveform import Samples, Waveform


def peaks(sound: Samples, cuts: list[int], count: int) -> tuple[float, ...]:
    waveform = Waveform()
    for block in np.split(sound, sorted(cut % sound.shape[1] for cut in cuts), axis=1):
        waveform.add(block)
    return waveform.peaks(count)


@given(
    samples=st.integers(400, 16_384),
    cuts=st.lists(st.integers(0, 100_000), max_size=8),
    seed=st.integers(0, 2**32),
)
def test_a_short_sound_is_exact(samples: int, cuts: list[int], seed: int) -> None:
    sound = np.random.default_rng(seed).uniform(-1, 1, (2, samples)).astype(np.float32)
    edges = np.arange(401) * samples // 400
    expected = tuple(round(float(np.abs(sound[:, a:b]).max()), 3) for a, b in pairwise(edges))
    assert peaks(sound, cuts, 400) == expected


@given(
    samples=st.integers(16_385, 2_000_000),
    cuts=st.lists(st.integers(0, 2_000_000), max_size=8),
    where=st.floats(0, 1, exclude_max=True),
)
def test_a_clap_in_a_long_sound_is_seen_where_it_is(
    samples: int, cuts: list[int], where: float
) -> None:
    sound = np.zeros((1, samples), np.float32)
    sound[0, int(where * samples)] = -0.75
    found = peaks(sound, cuts, 400)
    assert max(found) == 0.75
    assert sum(peak > 0 for peak in found) == 1
    assert abs(found.index(0.75) - where * 400) < 1.1


def test_the_loudest_is_one_and_silence_is_nothing() -> None:
    assert peaks(np.full((1, 50), 3, np.float32), [], 400) == (1.0,) * 400
    assert Waveform().peaks(400) == (0.0,) * 400
