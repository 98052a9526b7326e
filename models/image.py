"""Images: pictures that were uploaded, re-encoded in two sizes."""

from uuid import UUID

from tortoise import fields

from models.row import Row
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
