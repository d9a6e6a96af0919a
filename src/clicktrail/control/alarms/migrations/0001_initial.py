import django.db.models.deletion
from django.db import migrations, models


def add_row(apps, schema_editor):
    apps.get_model("alarms", "Round").objects.using(schema_editor.connection.alias).get_or_create(pk=1)


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalog", "0003_who_may_call"),
    ]

    operations = [
        migrations.CreateModel(
            name="AlarmRule",
            fields=[
                (
                    "program",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="alarm_rule",
                        serialize=False,
                        to="catalog.program",
                    ),
                ),
                ("silence_on", models.BooleanField(default=True)),
                (
                    "sensitivity",
                    models.CharField(
                        choices=[
                            ("high", "High: one false alarm in 30 days"),
                            ("normal", "Normal: one in a year"),
                            ("low", "Low: one in ten years"),
                        ],
                        default="normal",
                        max_length=8,
                    ),
                ),
                ("least_usual", models.PositiveIntegerField(default=5)),
                ("discards_on", models.BooleanField(default=True)),
                ("quiet_from", models.TimeField(blank=True, null=True)),
                ("quiet_to", models.TimeField(blank=True, null=True)),
                ("quiet_days", models.JSONField(blank=True, default=list)),
            ],
            options={
                "verbose_name": "alarm rule",
                "db_table": "alarms_rule",
            },
        ),
        migrations.CreateModel(
            name="Round",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("next_ms", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "alarms_round",
            },
        ),
        migrations.CreateModel(
            name="Alarm",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("silence", "No orders"),
                            ("discards", "Calls are discarded"),
                            ("engine", "The engine is behind"),
                            ("journal", "The disk refuses"),
                        ],
                        max_length=16,
                    ),
                ),
                ("program_id", models.BigIntegerField(default=0)),
                ("since_ms", models.BigIntegerField()),
                ("raised_ms", models.BigIntegerField()),
                ("updated_ms", models.BigIntegerField()),
                ("ended_ms", models.BigIntegerField(null=True)),
                ("headline", models.TextField()),
                ("cause", models.CharField(max_length=32)),
                ("sentence", models.TextField()),
                ("facts", models.TextField(default="{}")),
                ("taken_by", models.TextField(default="")),
                ("taken_ms", models.BigIntegerField(null=True)),
                ("snoozed_until_ms", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "alarms_alarm",
                "indexes": [models.Index(fields=["-raised_ms"], name="alarm_by_time")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_ms__isnull", True)),
                        fields=("kind", "program_id"),
                        name="alarm_open_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at_ms", models.BigIntegerField()),
                ("actor", models.TextField(default="")),
                ("note", models.TextField()),
                (
                    "alarm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="alarms.alarm"
                    ),
                ),
            ],
            options={
                "db_table": "alarms_step",
            },
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("address", models.TextField()),
                ("message_id", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[("due", "to be sent"), ("sent", "sent"), ("given_up", "given up")],
                        default="due",
                        max_length=8,
                    ),
                ),
                ("due_ms", models.BigIntegerField()),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("sent_ms", models.BigIntegerField(null=True)),
                ("answer", models.TextField(default="")),
                (
                    "alarm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notices", to="alarms.alarm"
                    ),
                ),
            ],
            options={
                "db_table": "alarms_notice",
                "indexes": [models.Index(condition=models.Q(("state", "due")), fields=["due_ms"], name="notice_due")],
                "constraints": [models.UniqueConstraint(fields=("alarm", "address"), name="notice_once_a_person")],
            },
        ),
        migrations.RunPython(add_row, migrations.RunPython.noop),
    ]
