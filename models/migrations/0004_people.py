from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index

from models.words import folded, words_of

AT_ONCE = 500


async def find_and_sort(apps, _editor):
    """Set what those who signed up before can be found and sorted by."""
    User = apps.get_model("models.User")
    rows = User.filter(display_key="").order_by("id").limit(AT_ONCE)
    users = await rows
    while users:
        for user in users:
            user.display_key = folded(user.display_name)[:64]
            user.words = words_of(user.username, user.display_name)
        await User.bulk_update(users, fields=["display_key", "words"])
        users = await rows.filter(id__gt=users[-1].id)


class Migration(migrations.Migration):
    dependencies = [('models', '0003_search')]

    initial = False

    operations = [
        ops.AddIndex(
            model_name='Block',
            index=Index(fields=['blocked_id', 'blocker_id']),
        ),
        ops.AddIndex(
            model_name='FriendRequest',
            index=Index(fields=['requester_id', 'id']),
        ),
        ops.AddIndex(
            model_name='FriendRequest',
            index=Index(fields=['receiver_id', 'id']),
        ),
        ops.AddField(
            model_name='User',
            name='display_key',
            field=fields.CharField(default='', db_default='', max_length=64),
        ),
        ops.RunPython(find_and_sort, ops.RunPython.noop),
    ]
