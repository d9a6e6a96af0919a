"""Links by which people set their password."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_activity")]

    operations = [
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("token_hash", models.CharField(max_length=64, primary_key=True, serialize=False)),
                (
                    "account",
                    models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
                ("made_by", models.CharField(max_length=150)),
                ("made_ms", models.BigIntegerField()),
                ("expires_ms", models.BigIntegerField()),
            ],
            options={"db_table": "accounts_invitation"},
        ),
    ]
