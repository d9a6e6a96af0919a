import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="CatalogVersion",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("version", models.PositiveBigIntegerField(default=0)),
                ("changed_ms", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "catalog_version",
            },
        ),
        migrations.CreateModel(
            name="ClickTarget",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("alias", models.CharField(max_length=64)),
                ("url", models.CharField(max_length=2000)),
            ],
            options={
                "db_table": "catalog_click_target",
            },
        ),
        migrations.CreateModel(
            name="Partner",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[("pending", "Pending"), ("active", "Active"), ("blocked", "Blocked")],
                        default="active",
                        max_length=8,
                    ),
                ),
            ],
            options={
                "db_table": "catalog_partner",
            },
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100)),
                ("percent_ppm", models.PositiveIntegerField(blank=True, null=True)),
                ("fixed_minor", models.PositiveBigIntegerField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "commission product",
                "db_table": "catalog_product",
            },
        ),
        migrations.CreateModel(
            name="Program",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200)),
                ("currency", models.CharField(max_length=3)),
                ("time_zone", models.CharField(default="Europe/Berlin", max_length=64)),
                ("click_lifetime_days", models.PositiveIntegerField(default=30)),
                ("deeplink_hosts", models.JSONField(blank=True, default=list)),
                ("click_parameter", models.CharField(default="qc_clickid", max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "Active"), ("paused", "Paused")], default="active", max_length=8
                    ),
                ),
                (
                    "default_product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="default_of",
                        to="catalog.product",
                    ),
                ),
            ],
            options={
                "db_table": "catalog_program",
            },
        ),
        migrations.AddField(
            model_name="product",
            name="program",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="products", to="catalog.program"
            ),
        ),
        migrations.CreateModel(
            name="Creative",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "Active"), ("paused", "Paused")], default="active", max_length=8
                    ),
                ),
                (
                    "target",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="creatives", to="catalog.clicktarget"
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="creatives",
                        to="catalog.product",
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="creatives", to="catalog.program"
                    ),
                ),
            ],
            options={
                "db_table": "catalog_creative",
            },
        ),
        migrations.AddField(
            model_name="clicktarget",
            name="program",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="targets", to="catalog.program"
            ),
        ),
        migrations.CreateModel(
            name="Approval",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="approvals", to="catalog.partner"
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="approvals",
                        to="catalog.product",
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="approvals", to="catalog.program"
                    ),
                ),
            ],
            options={
                "db_table": "catalog_approval",
            },
        ),
        migrations.CreateModel(
            name="PartnerRate",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("percent_ppm", models.PositiveIntegerField(blank=True, null=True)),
                ("fixed_minor", models.PositiveBigIntegerField(blank=True, null=True)),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rates", to="catalog.partner"
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="partner_rates", to="catalog.product"
                    ),
                ),
            ],
            options={
                "db_table": "catalog_partner_rate",
                "constraints": [
                    models.UniqueConstraint(fields=("partner", "product"), name="partner_rate_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("fixed_minor__isnull", True), ("percent_ppm__isnull", False)),
                            models.Q(("fixed_minor__isnull", False), ("percent_ppm__isnull", True)),
                            _connector="OR",
                        ),
                        name="partner_rate_percent_or_fixed",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.UniqueConstraint(fields=("program", "name"), name="product_once_a_program"),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("fixed_minor__isnull", True), ("percent_ppm__isnull", False)),
                    models.Q(("fixed_minor__isnull", False), ("percent_ppm__isnull", True)),
                    _connector="OR",
                ),
                name="product_percent_or_fixed",
            ),
        ),
        migrations.AddConstraint(
            model_name="clicktarget",
            constraint=models.UniqueConstraint(fields=("program", "alias"), name="alias_once_a_program"),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.UniqueConstraint(fields=("partner", "program", "product"), name="approval_once"),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.UniqueConstraint(
                condition=models.Q(("product__isnull", True)),
                fields=("partner", "program"),
                name="approval_for_all_once",
            ),
        ),
    ]
