"""The log of one receiver, newest first, is read along an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("outbox", "0001_initial"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["receiver_id", "id"], name="delivery_by_receiver"),
        ),
    ]
