from tortoise import migrations
from tortoise.migrations import operations as ops
from models.row import new_id
from tortoise.fields.base import OnDelete
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('models', '0005_accounts')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Attachment',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('uploaded_by', fields.ForeignKeyField('models.User', source_field='uploaded_by_id', null=True, db_constraint=True, to_field='id', related_name='attachments', on_delete=OnDelete.SET_NULL)),
                ('filename', fields.CharField(max_length=255)),
                ('size', fields.BigIntField()),
                ('mime_type', fields.CharField(max_length=100)),
                ('width', fields.IntField(null=True)),
                ('height', fields.IntField(null=True)),
            ],
            options={'table': 'attachments', 'app': 'models', 'pk_attr': 'id', 'table_description': "A file as it was sent. `width` and `height`, in pixels, are a picture's."},
            bases=['Row'],
        ),
    ]
