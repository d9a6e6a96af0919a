"""A third way to decide a conflict: the call is of an order of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("secondlooks", "0002_share_of_a_call"),
    ]

    operations = [
        migrations.AlterField(
            model_name="decision",
            name="choice",
            field=models.CharField(
                choices=[("keep", "Keep"), ("correct", "Correct"), ("separate", "Save as a separate order")],
                max_length=8,
            ),
        ),
    ]
