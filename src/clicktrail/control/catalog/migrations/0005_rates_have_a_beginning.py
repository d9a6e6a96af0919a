"""Rates have a beginning: what was paid so far is paid from the beginning on, so nothing that stands changes."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

ONE = Q(percent_ppm__isnull=False, fixed_minor__isnull=True) | Q(percent_ppm__isnull=True, fixed_minor__isnull=False)
NEITHER = Q(percent_ppm__isnull=True, fixed_minor__isnull=True, partner__isnull=False)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_approved_since")]
    operations = [
        migrations.AddField("partnerrate", "valid_from_ms", models.BigIntegerField(db_default=0, default=0)),
        migrations.AddField("partnerrate", "made_ms", models.BigIntegerField(db_default=0, default=0)),
        migrations.AddField(
            "partnerrate", "made_by", models.CharField(blank=True, db_default="", default="", max_length=150)
        ),
        migrations.CreateModel(
            name="TimedRate",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("valid_from_ms", models.BigIntegerField()),
                ("percent_ppm", models.PositiveIntegerField(blank=True, null=True)),
                ("fixed_minor", models.PositiveBigIntegerField(blank=True, null=True)),
                ("made_ms", models.BigIntegerField(default=0)),
                ("made_by", models.CharField(blank=True, default="", max_length=150)),
                (
                    "partner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="timed_rates",
                        to="catalog.partner",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="timed_rates", to="catalog.product"
                    ),
                ),
            ],
            options={
                "db_table": "catalog_timed_rate",
                "constraints": [
                    models.UniqueConstraint(fields=("product", "partner", "valid_from_ms"), name="timed_rate_once"),
                    models.UniqueConstraint(
                        condition=Q(partner__isnull=True),
                        fields=("product", "valid_from_ms"),
                        name="timed_rate_of_product_once",
                    ),
                    models.CheckConstraint(condition=ONE | NEITHER, name="timed_rate_percent_or_fixed"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PartnerNote",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("text", models.TextField()),
                ("made_ms", models.BigIntegerField()),
                ("made_by", models.CharField(max_length=150)),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notes", to="catalog.partner"
                    ),
                ),
            ],
            options={
                "db_table": "catalog_partner_note",
                "indexes": [models.Index(fields=["partner", "made_ms"], name="partner_note_time")],
            },
        ),
    ]
