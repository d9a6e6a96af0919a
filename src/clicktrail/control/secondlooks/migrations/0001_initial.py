"""Decisions, calls judged again, shared stories."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Rejudging",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("created_ms", models.BigIntegerField()),
                ("actor", models.TextField()),
                ("chosen", models.TextField()),
                ("matched", models.IntegerField()),
                ("calls", models.TextField()),
            ],
            options={
                "db_table": "secondlooks_rejudging",
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("call_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("transaction_number", models.BigIntegerField()),
                ("choice", models.CharField(choices=[("keep", "Keep"), ("correct", "Correct")], max_length=7)),
                ("actor", models.TextField()),
                ("reason", models.TextField()),
                ("at_ms", models.BigIntegerField()),
            ],
            options={
                "db_table": "secondlooks_decision",
                "indexes": [models.Index(fields=["transaction_number"], name="decision_by_transaction")],
            },
        ),
        migrations.CreateModel(
            name="Share",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("salt", models.CharField(max_length=32)),
                ("program_id", models.BigIntegerField()),
                ("tid", models.TextField()),
                ("click_id", models.BigIntegerField(null=True)),
                ("partner_id", models.BigIntegerField(null=True)),
                ("actor", models.TextField()),
                ("created_ms", models.BigIntegerField()),
                ("expires_ms", models.BigIntegerField()),
                ("revoked_ms", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "secondlooks_share",
                "indexes": [models.Index(fields=["program_id", "tid"], name="share_by_order")],
            },
        ),
    ]
