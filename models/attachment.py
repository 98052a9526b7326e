"""Attachments: files of any kind that go with a message, seen by whoever holds a signed path."""

import asyncio
import codecs
from datetime import datetime, timedelta
from pathlib import Path, PurePath
from uuid import UUID

import filetype
from PIL import Image as Pillow
from tortoise import fields

from models.media import MediaStore
from models.publication import Kind, Upload
from models.row import Row, ids_of, new_id
from models.signed_path import PathSigner
from models.user import User
from models.words import readable

FILE_NAME = "file"
UNNAMED = "file"
HEAD_BYTES = 8192
PICTURE_FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
}
UNSENT_FOR = timedelta(days=1)
BATCH = 200


class Attachment(Row):
    """A file as it was sent. `width` and `height`, in pixels, are a picture's."""

    uploaded_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "models.User", null=True, related_name="attachments", on_delete=fields.SET_NULL
    )
    uploaded_by_id: UUID | None
    filename = fields.CharField(max_length=255)
    size = fields.BigIntField()
    mime_type = fields.CharField(max_length=100)
    width = fields.IntField(null=True)
    height = fields.IntField(null=True)

    class Meta:
        table = "attachments"

    @property
    def path(self) -> str:
        return f"/media/{Kind.ATTACHMENTS}/{self.id}/{self.filename}"

    def url(self, signer: PathSigner, now: datetime) -> str:
        """Where it can be read for one to two days; the same all day, so that browsers keep it."""
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return signer.sign(self.path, today + timedelta(days=2))


async def publish_attachment(upload: Upload, user: User) -> Attachment:
    """Keep a finished upload as it came; what it is, its content says and not its sender."""
    source = await upload.finish()
    mime_type, width, height = await asyncio.to_thread(_look_at, source)
    await asyncio.to_thread(source.rename, upload.target / FILE_NAME)
    attachment = Attachment(
        id=new_id(),
        uploaded_by=user,
        filename=plain_name(upload.name),
        size=upload.size,
        mime_type=mime_type,
        width=width,
        height=height,
    )
    async with upload.published(attachment.id, Attachment.known, Kind.ATTACHMENTS):
        await attachment.save()
    return attachment


async def forget_unsent(media: MediaStore, now: datetime) -> int:
    """Delete those that no message has named within a day; says how many."""
    old = Attachment.filter(created_at__lte=now - UNSENT_FOR).limit(BATCH)
    attachment_ids = set(await ids_of(old))
    await remove_attachments(attachment_ids, media)
    return len(attachment_ids)


async def attachments_of(user_id: UUID) -> list[UUID]:
    """All that a user has uploaded."""
    return await ids_of(Attachment.filter(uploaded_by_id=user_id))


async def remove_attachments(attachment_ids: set[UUID], media: MediaStore) -> None:
    """Delete attachments, rows and files; after a kill in between the next start ends it."""
    if not attachment_ids:
        return
    async with media.removing(Kind.ATTACHMENTS, attachment_ids, Attachment.known):
        await Attachment.filter(id__in=attachment_ids).delete()


def plain_name(file_name: str) -> str:
    """What the sender calls the file, without folders and what nobody can read."""
    name = readable(PurePath(file_name.replace("\\", "/")).name)
    return name[-255:] if name.strip(".") else UNNAMED


def _look_at(path: Path) -> tuple[str, int | None, int | None]:
    """The type of a file by its first bytes; of a picture also its width and height."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    mime_type = filetype.guess_mime(head) or ("text/plain" if _is_text(head) else None)
    if picture_format := PICTURE_FORMATS.get(mime_type or ""):
        try:
            with Pillow.open(path, formats=[picture_format]) as picture:
                return str(mime_type), *picture.size
        except (OSError, SyntaxError, ValueError, Pillow.DecompressionBombError):
            return "application/octet-stream", None, None
    return mime_type or "application/octet-stream", None, None


def _is_text(head: bytes) -> bool:
    try:
        # The last letter may be cut off in its middle.
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return bool(text) and all(letter.isprintable() or letter in "\t\n\r" for letter in text)
