from tortoise import migrations
from tortoise.migrations import operations as ops
from models.row import new_id
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('models', '0004_people')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Deletion',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=True)),
                ('user', fields.OneToOneField('models.User', source_field='user_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
            ],
            options={'table': 'deletions', 'app': 'models', 'pk_attr': 'id', 'table_description': 'An account that was deleted, as long as something of it may be left.'},
            bases=['Row'],
        ),
        ops.AddIndex(
            model_name='Message',
            index=Index(fields=['author_id', 'id']),
        ),
    ]
