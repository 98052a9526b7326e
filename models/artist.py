"""Artists: whose tracks these are."""

from tortoise import fields

from models.row import Row


class Artist(Row):
    """Someone who makes music. `name_key` makes one artist of "ABBA" and "Abba"."""

    name = fields.CharField(max_length=200)
    name_key = fields.CharField(max_length=200, unique=True)
    genre = fields.CharField(max_length=100, null=True)
    image_url = fields.CharField(max_length=2048, null=True)

    class Meta:
        table = "artists"
