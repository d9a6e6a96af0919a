"""What the lists are called."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_invitation")]

    operations = [
        migrations.AlterModelOptions(
            name="account", options={"verbose_name": "account", "verbose_name_plural": "people"}
        ),
        migrations.AlterModelOptions(
            name="activity", options={"verbose_name": "activity", "verbose_name_plural": "activity"}
        ),
    ]
