"""From an uploaded file to a recording: the whole way, in one call and one process."""

from dataclasses import dataclass, replace
from pathlib import Path

from models.audio.cover import write_cover
from models.audio.original import playable_name
from models.audio.recording import WAVEFORM_PEAKS, AudioLimits, NotAudio, Recording, TooLong
from models.audio.rendition import Mixer, Rendition
from models.audio.source import Source, opened
from models.audio.tags import read_tags
from models.audio.waveform import Samples, Waveform
from models.disk import link

_DEFAULT_LIMITS = AudioLimits()


@dataclass(frozen=True, slots=True)
class Sound:
    """What was heard in one pass: how long, how loud, and what was past hearing."""

    duration_s: float
    waveform: tuple[float, ...]
    damaged: int

    def agrees_with(self, stated_s: float) -> bool:
        """Whether a player that trusts the file's header will show the right position."""
        tolerance_s = 0.1 + self.duration_s / 1000
        return abs(stated_s - self.duration_s) <= tolerance_s


def process_track(
    source: Path, target_dir: Path, limits: AudioLimits = _DEFAULT_LIMITS
) -> Recording:
    """Read the file `source`; write `audio.m4a` or `audio.mp3`, and `cover.jpg`, to `target_dir`.

    Takes seconds of CPU and belongs in a worker. Memory does not grow with the recording's length.
    Raises `NotAudio` (`TooLong`), or OSError where the disk fails; `target_dir` may then hold a
    part, and is the caller's to remove.
    """
    target_dir.mkdir(parents=True, exist_ok=True)
    with opened(source) as file:
        tags = read_tags(file)
        name = playable_name(source, file)
        stated_s = file.stated_duration_s
        has_cover = write_cover(file, target_dir / "cover.jpg", limits.cover_max_pixels)
    sound = _listen(source, limits) if name else None
    if name and sound and stated_s and not sound.damaged and sound.agrees_with(stated_s):
        link(source, target_dir / name)
        # AAC fills its last packet; only an MP4's header knows where the sound in it ends.
        sound = replace(sound, duration_s=stated_s) if name == "audio.m4a" else sound
    else:
        name = "audio.m4a"
        sound = _transcode(source, target_dir / name, limits)
    return Recording(
        duration_s=round(sound.duration_s, 6),
        title=tags.title,
        artist=tags.artist,
        album=tags.album,
        genre=tags.genre,
        audio_name=name,
        cover_name="cover.jpg" if has_cover else None,
        waveform=sound.waveform,
    )


def _listen(source: Path, limits: AudioLimits) -> Sound:
    with opened(source) as file:
        return _pass_through(file, Mixer(file), limits, None)


def _transcode(source: Path, target: Path, limits: AudioLimits) -> Sound:
    with opened(source) as file:
        mixer = Mixer(file)
        with Rendition(target, mixer.rate_hz, mixer.channels) as rendition:
            return _pass_through(file, mixer, limits, rendition)


def _pass_through(
    file: Source, mixer: Mixer, limits: AudioLimits, rendition: Rendition | None
) -> Sound:
    """Hear the whole file once, writing it on where there is a rendition."""
    waveform = Waveform()
    samples_by_rate: dict[int, int] = {}

    def take(blocks: list[Samples]) -> None:
        for block in blocks:
            waveform.add(block)
            if rendition:
                rendition.write(block)

    for frame in file.frames():
        rate_hz = frame.sample_rate
        samples_by_rate[rate_hz] = samples_by_rate.get(rate_hz, 0) + frame.samples
        if _duration_s(samples_by_rate) > limits.max_duration_s:
            raise TooLong(f"A recording lasts at most {limits.max_duration_s / 3600:g} hours.")
        take(mixer.mix(frame))
    take(mixer.rest())
    duration_s = _duration_s(samples_by_rate)
    if duration_s < limits.min_duration_s:
        raise NotAudio("There is no sound in this file.")
    return Sound(duration_s, waveform.peaks(WAVEFORM_PEAKS), file.damaged)


def _duration_s(samples_by_rate: dict[int, int]) -> float:
    return sum(samples / rate_hz for rate_hz, samples in samples_by_rate.items())
