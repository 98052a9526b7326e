from tortoise import migrations
from tortoise.migrations import operations as ops
from models.resumable import UploadState
from models.row import new_id
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('models', '0001_initial')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Block',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('blocker', fields.ForeignKeyField('models.User', source_field='blocker_id', db_constraint=True, to_field='id', related_name='blocks', on_delete=OnDelete.CASCADE)),
                ('blocked', fields.ForeignKeyField('models.User', source_field='blocked_id', db_constraint=True, to_field='id', related_name='blocked_by', on_delete=OnDelete.CASCADE)),
            ],
            options={'table': 'blocks', 'app': 'models', 'unique_together': (('blocker_id', 'blocked_id'),), 'pk_attr': 'id', 'table_description': 'A user wants to have nothing to do with another.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Favorite',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('user', fields.ForeignKeyField('models.User', source_field='user_id', db_constraint=True, to_field='id', related_name='favorites', on_delete=OnDelete.CASCADE)),
                ('track', fields.ForeignKeyField('models.Track', source_field='track_id', db_constraint=True, to_field='id', related_name='favorites', on_delete=OnDelete.CASCADE)),
            ],
            options={'table': 'favorites', 'app': 'models', 'unique_together': (('user_id', 'track_id'),), 'pk_attr': 'id', 'table_description': 'A user likes a track.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='FriendRequest',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('requester', fields.ForeignKeyField('models.User', source_field='requester_id', db_constraint=True, to_field='id', related_name='sent_requests', on_delete=OnDelete.CASCADE)),
                ('receiver', fields.ForeignKeyField('models.User', source_field='receiver_id', db_constraint=True, to_field='id', related_name='received_requests', on_delete=OnDelete.CASCADE)),
                ('pair', fields.CharField(unique=True, max_length=73)),
            ],
            options={'table': 'friend_requests', 'app': 'models', 'pk_attr': 'id', 'table_description': 'A user asks another. `pair` is of both, in the order of their ids: one request at a time.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Friendship',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('user', fields.ForeignKeyField('models.User', source_field='user_id', db_constraint=True, to_field='id', related_name='friendships', on_delete=OnDelete.CASCADE)),
                ('friend', fields.ForeignKeyField('models.User', source_field='friend_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
            ],
            options={'table': 'friendships', 'app': 'models', 'unique_together': (('user_id', 'friend_id'),), 'pk_attr': 'id', 'table_description': 'One side of a friendship: there are two rows of each, made and deleted together.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Identity',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('user', fields.ForeignKeyField('models.User', source_field='user_id', db_constraint=True, to_field='id', related_name='identities', on_delete=OnDelete.CASCADE)),
                ('provider', fields.CharField(max_length=16)),
                ('subject', fields.CharField(max_length=255)),
                ('email', fields.CharField(null=True, max_length=254)),
                ('access_token', fields.TextField(null=True, unique=False)),
                ('refresh_token', fields.TextField(null=True, unique=False)),
                ('token_expires_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'identities', 'app': 'models', 'unique_together': (('provider', 'subject'), ('user_id', 'provider')), 'pk_attr': 'id', 'table_description': "A user's account with a provider. Its tokens are encrypted."},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Image',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('uploaded_by', fields.ForeignKeyField('models.User', source_field='uploaded_by_id', null=True, db_constraint=True, to_field='id', related_name='images', on_delete=OnDelete.SET_NULL)),
                ('width', fields.IntField()),
                ('height', fields.IntField()),
            ],
            options={'table': 'images', 'app': 'models', 'pk_attr': 'id', 'table_description': 'A picture, as large as it is kept (pixels).'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='RecoveryCode',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('user', fields.ForeignKeyField('models.User', source_field='user_id', db_constraint=True, to_field='id', related_name='recovery_codes', on_delete=OnDelete.CASCADE)),
                ('code_hash', fields.CharField(max_length=64)),
                ('used_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'recovery_codes', 'app': 'models', 'unique_together': (('user_id', 'code_hash'),), 'pk_attr': 'id', 'table_description': 'The hash of a code that stands in for the second factor, once.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='ResumableUpload',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('user', fields.ForeignKeyField('models.User', source_field='user_id', db_constraint=True, to_field='id', related_name='resumable_uploads', on_delete=OnDelete.CASCADE)),
                ('size', fields.BigIntField()),
                ('name', fields.CharField(default='', max_length=255)),
                ('form', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('state', fields.CharEnumField(default=UploadState.RECEIVING, description='RECEIVING: receiving\nPROCESSING: processing\nDONE: done\nFAILED: failed', enum_type=UploadState, max_length=10)),
                ('track', fields.ForeignKeyField('models.Track', source_field='track_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.SET_NULL)),
                ('error', fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ('expires_at', fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'resumable_uploads', 'app': 'models', 'pk_attr': 'id', 'table_description': 'A recording of `size` bytes on its way in. How many are here, its file says.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='TwoFactor',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('user', fields.OneToOneField('models.User', source_field='user_id', db_constraint=True, to_field='id', related_name='two_factor', on_delete=OnDelete.CASCADE)),
                ('secret', fields.CharField(max_length=255)),
                ('enabled_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('last_step', fields.BigIntField(default=0)),
            ],
            options={'table': 'two_factors', 'app': 'models', 'pk_attr': 'id', 'table_description': "A user's secret, encrypted, in force from `enabled_at` on."},
            bases=['Row'],
        ),
        ops.AddField(
            model_name='Artist',
            name='created_by',
            field=fields.ForeignKeyField('models.User', source_field='created_by_id', null=True, db_constraint=True, to_field='id', related_name='artists', on_delete=OnDelete.SET_NULL),
        ),
        ops.AddField(
            model_name='Artist',
            name='words',
            field=fields.TextField(default='', db_default='', unique=False),
        ),
        ops.AlterModelOptions(
            name='PlaybackRecord',
            options={'table': 'playbacks', 'app': 'models', 'pk_attr': 'room_id', 'table_description': 'One row a room. `due_at` says when the server must act, and is what it looks for.'},
        ),
        ops.AddField(
            model_name='Playlist',
            name='allow_duplicates',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='Playlist',
            name='name_key',
            field=fields.CharField(default='', db_default='', max_length=100),
        ),
        ops.AddField(
            model_name='Playlist',
            name='words',
            field=fields.TextField(default='', db_default='', unique=False),
        ),
        ops.AddField(
            model_name='Track',
            name='deleted_at',
            field=fields.DatetimeField(null=True, db_index=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Track',
            name='words',
            field=fields.TextField(default='', db_default='', unique=False),
        ),
        ops.AddField(
            model_name='User',
            name='deleted_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='User',
            name='words',
            field=fields.TextField(default='', db_default='', unique=False),
        ),
    ]
