from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("portal", "0001_portal")]

    operations = [
        migrations.AddField("application", "asked_ms", models.BigIntegerField(null=True)),
        migrations.AddField("application", "confirmed_ms", models.BigIntegerField(null=True)),
    ]
