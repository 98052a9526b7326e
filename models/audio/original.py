"""Whether an uploaded file may be served as it is, because every browser plays it."""

from pathlib import Path

from models.audio.source import Source, is_picture

_AAC_PROFILES = frozenset({"LC", "HE-AAC", "HE-AACv2"})
_BOXES_LOOKED_AT = 64


def playable_name(path: Path, source: Source) -> str | None:
    """The name under which the original can be served, or None: it needs a rendition."""
    others = [stream for stream in source.container.streams if stream is not source.stream]
    if not all(is_picture(stream) for stream in others):
        return None
    if source.container.format.name == "mp3" and source.stream.codec_context.name == "mp3float":
        return "audio.mp3"
    if _is_plain_aac(source) and starts_with_its_index(path):
        return "audio.m4a"
    return None


def _is_plain_aac(source: Source) -> bool:
    stream = source.stream
    return (
        stream.codec_context.name == "aac"
        and stream.profile in _AAC_PROFILES
        and stream.channels <= 2
        and stream.sample_rate <= 48_000
        # A phone's voice memo tells where it was made: that is not passed on to listeners.
        and not any("location" in key.lower() for key in source.container.metadata)
    )


def starts_with_its_index(path: Path) -> bool:
    """Whether this is an MP4 whose `moov` box precedes its sound, in one piece (ISO 14496-12)."""
    boxes = _top_level_boxes(path)
    kinds = [kind for kind, _ in boxes]
    if not boxes or boxes[0] == (b"ftyp", b"qt  ") or kinds[0] != b"ftyp":
        return False
    if b"moov" not in kinds or b"mdat" not in kinds or b"moof" in kinds:
        return False
    return kinds.index(b"moov") < kinds.index(b"mdat")


def _top_level_boxes(path: Path) -> list[tuple[bytes, bytes]]:
    """The kind of each box of the file, and the first four bytes within it."""
    boxes: list[tuple[bytes, bytes]] = []
    with path.open("rb") as file:
        while len(boxes) < _BOXES_LOOKED_AT:
            start = file.tell()
            head = file.read(20)
            if len(head) < 8:
                break
            size, kind, within = int.from_bytes(head[:4]), head[4:8], head[8:12]
            if size == 1:  # the length did not fit and follows in 64 bits
                size, within = int.from_bytes(head[8:16]), head[16:20]
            boxes.append((kind, within))
            if size < 8:  # 0: to the end of the file
                break
            file.seek(start + size)
    return boxes
