"""A call without an order number has a story too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("secondlooks", "0001_initial")]
    operations = [migrations.AddField(model_name="share", name="call_id", field=models.BigIntegerField(null=True))]
