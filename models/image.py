"""Images: pictures that were uploaded, re-encoded in two sizes."""

from uuid import UUID

from tortoise import fields

from models.audio import PictureWorkers
from models.audio.picture import PICTURE_NAME, THUMBNAIL_NAME
from models.media import MediaStore, image_url
from models.publication import Kind, Upload
from models.row import Row, ids_of, new_id
from models.user import User


class Image(Row):
    """A picture, as large as it is kept (pixels)."""

    uploaded_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "models.User", null=True, related_name="images", on_delete=fields.SET_NULL
    )
    uploaded_by_id: UUID | None
    width = fields.IntField()
    height = fields.IntField()

    class Meta:
        table = "images"

    @property
    def url(self) -> str:
        return image_url(self.id, PICTURE_NAME)

    @property
    def thumbnail_url(self) -> str:
        return image_url(self.id, THUMBNAIL_NAME)


async def publish_image(upload: Upload, workers: PictureWorkers, user: User) -> Image:
    """Read, clean and publish a finished upload. `NotPicture` and `TooManyPixels` for others."""
    picture = await workers.process(await upload.finish(), upload.target)
    image_id = new_id()
    async with upload.published(image_id, Image.known, Kind.IMAGES):
        return await Image.create(
            id=image_id, uploaded_by=user, width=picture.width, height=picture.height
        )


async def images_of(user_id: UUID) -> list[UUID]:
    """All that a user has uploaded, the first first."""
    return await ids_of(Image.filter(uploaded_by_id=user_id).order_by("id"))


async def remove_images(image_ids: set[UUID], media: MediaStore) -> None:
    """Delete images, rows and files; after a kill in between the next start ends it.

    Not within a transaction: what is not committed at its end would seem to be there still.
    """
    if not image_ids:
        return
    async with media.removing(Kind.IMAGES, image_ids, Image.known):
        await Image.filter(id__in=image_ids).delete()
