"""An approval says since when; those of before do not know."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0003_who_may_call")]
    operations = [
        migrations.AddField(
            model_name="approval",
            name="created_ms",
            field=models.BigIntegerField(db_default=0, default=0, editable=False),
        ),
    ]
