"""Sessions of our own, which can be listed and ended, and the brake. Everybody signs in anew after it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Session",
            fields=[
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("session_key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("since_ms", models.BigIntegerField(default=0)),
                ("seen_ms", models.BigIntegerField(default=0)),
                ("address", models.CharField(blank=True, max_length=64)),
                ("browser", models.CharField(blank=True, max_length=100)),
                (
                    "account",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={"db_table": "accounts_session"},
        ),
        migrations.CreateModel(
            name="Brake",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("subject", models.CharField(blank=True, db_index=True, max_length=64)),
                ("failures", models.IntegerField(default=0)),
                ("last_ms", models.BigIntegerField(db_index=True, default=0)),
                ("free_ms", models.BigIntegerField(default=0)),
                ("known_ms", models.BigIntegerField(default=0)),
            ],
            options={"db_table": "accounts_brake"},
        ),
        migrations.RunSQL("DROP TABLE IF EXISTS django_session", migrations.RunSQL.noop),
    ]
