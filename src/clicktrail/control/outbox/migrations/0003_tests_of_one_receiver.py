"""How many tests a partner has sent in this hour is counted along an index."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("outbox", "0002_log_of_one_receiver"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                fields=["receiver_id", "created_ms"], name="delivery_tests", condition=Q(trigger="test")
            ),
        ),
    ]
