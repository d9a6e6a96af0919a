"""Conflicts that anyone could have made are counted in groups. Those of before stay in the inbox, each by itself."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0009_adjustments"),
    ]

    operations = [
        migrations.CreateModel(
            name="ConflictGroup",
            fields=[
                ("key", models.TextField(primary_key=True, serialize=False)),
                ("program_id", models.BigIntegerField()),
                ("click_id", models.BigIntegerField(null=True)),
                ("network", models.TextField()),
                ("hour_ms", models.BigIntegerField(null=True)),
                ("count", models.BigIntegerField()),
                ("decided_count", models.BigIntegerField(db_default=0)),
                ("first_ms", models.BigIntegerField()),
                ("last_ms", models.BigIntegerField()),
                ("newest_id", models.BigIntegerField()),
                ("listed_id", models.BigIntegerField(null=True)),
            ],
            options={"db_table": "ledger_conflict_group"},
        ),
        migrations.AddField("postback", "conflict_group", models.TextField(null=True)),
        migrations.AddField("postback", "in_inbox", models.BooleanField(null=True)),
        migrations.RunSQL(
            "UPDATE ledger_postback SET in_inbox = true WHERE reason = 'conflict'", migrations.RunSQL.noop
        ),
        migrations.AddIndex(
            "postback",
            models.Index(fields=["id"], name="postback_in_inbox", condition=models.Q(("in_inbox", True))),
        ),
        migrations.AddIndex(
            "postback",
            models.Index(
                fields=["conflict_group", "id"],
                name="postback_by_conflict_group",
                condition=models.Q(("conflict_group__isnull", False)),
            ),
        ),
    ]
