"""Saved filters, start views, moves of many transactions."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="BulkMove",
            fields=[
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("mapping", "Columns to be checked"),
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                        ],
                        max_length=8,
                    ),
                ),
                ("owner", models.TextField(default="")),
                ("beat_ms", models.BigIntegerField(default=0)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("phase", models.TextField(default="")),
                ("done", models.PositiveIntegerField(default=0)),
                ("total", models.PositiveIntegerField(default=0)),
                ("problem", models.TextField(default="")),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("verb", models.CharField(max_length=12)),
                ("basis", models.CharField(default="", max_length=4)),
                ("chosen", models.TextField()),
                ("account_id", models.BigIntegerField()),
                ("actor", models.TextField()),
                ("reason", models.TextField()),
                ("created_ms", models.BigIntegerField()),
                ("moved", models.PositiveIntegerField(default=0)),
                ("left", models.TextField(default="{}")),
            ],
            options={
                "db_table": "worklist_bulk",
                "indexes": [models.Index(fields=["state"], name="bulk_by_state")],
            },
        ),
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("account_id", models.BigIntegerField()),
                ("name", models.CharField(max_length=60)),
                ("query", models.TextField()),
                ("shared", models.BooleanField(default=False)),
                ("created_ms", models.BigIntegerField()),
            ],
            options={
                "db_table": "worklist_filter",
                "indexes": [models.Index(fields=["shared"], name="filter_shared")],
                "constraints": [models.UniqueConstraint(fields=("account_id", "name"), name="filter_name_once")],
            },
        ),
        migrations.CreateModel(
            name="StartView",
            fields=[
                ("account_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("filter", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="worklist.savedfilter")),
            ],
            options={
                "db_table": "worklist_start",
            },
        ),
    ]
