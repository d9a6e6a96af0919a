"""Days, months and days of whole programs beside the hours, filled from the hours that are there.

The hours are read once a zone; where there are some millions of them this takes a minute or two.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import migrations, models

TEST_PARTNER = 2
FIRST_DAY = date(1970, 1, 1)
SUMS = (
    "clicks_gross", "clicks_net", "clicks_bot", "clicks_refused", "transactions", "revenue_minor", "commission_minor",
)  # fmt: skip
ADDED = ", ".join(f"sum({name})" for name in SUMS)
INTO = "INSERT INTO {table} (program_id, {period}, partner_id, creative_id, product_id, " + ", ".join(SUMS) + ") "
FROM = f"""
    SELECT program_id, CAST(%s AS integer), partner_id, creative_id, product_id, {ADDED} FROM {{below}}
    WHERE {{unit}} >= %s AND {{unit}} < %s AND program_id IN ({{programs}})
    GROUP BY program_id, partner_id, creative_id, product_id
"""  # noqa: S608
PROGRAMS = f"""
    INSERT INTO ledger_rollup_program (program_id, day, {", ".join(SUMS)})
    SELECT program_id, day, {ADDED} FROM ledger_rollup_day WHERE partner_id <> {TEST_PARTNER} GROUP BY program_id, day
"""  # noqa: S608


def fill(apps, schema_editor):
    zones = dict(apps.get_model("catalog", "Program").objects.values_list("pk", "time_zone"))
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT min(bucket_s), max(bucket_s) FROM ledger_rollup_hour")
        first_s, last_s = cursor.fetchone()
        if first_s is None:
            return
        cursor.execute("SELECT DISTINCT program_id FROM ledger_rollup_hour")
        programs = sorted(number for (number,) in cursor.fetchall())
        for zone in sorted({zones.get(number, "UTC") for number in programs}):
            members = [number for number in programs if zones.get(number, "UTC") == zone]
            _fill(cursor, ", ".join(map(str, members)), ZoneInfo(zone), first_s, last_s)
        cursor.execute(PROGRAMS)


def _fill(cursor, programs: str, zone: ZoneInfo, first_s: int, last_s: int) -> None:
    """The hours are read once for all programs of a zone; the months are added up from the days."""
    months: dict[int, list[int]] = {}
    into_days = INTO.format(table="ledger_rollup_day", period="day")
    from_hours = FROM.format(below="ledger_rollup_hour", unit="bucket_s", programs=programs)
    for day, begin_s, end_s in days(zone, first_s, last_s):
        local = FIRST_DAY + timedelta(days=day)
        months.setdefault(local.year * 12 + local.month - 1, []).append(day)
        cursor.execute(into_days + from_hours, [day, begin_s, end_s])
    into_months = INTO.format(table="ledger_rollup_month", period="month")
    from_days = FROM.format(below="ledger_rollup_day", unit="day", programs=programs)
    for month, found in months.items():
        cursor.execute(into_months + from_days, [month, found[0], found[-1] + 1])


def days(zone: ZoneInfo, first_s: int, last_s: int) -> Iterator[tuple[int, int, int]]:
    """(day since 1970, its first second, the one after its last) of every day of the zone with one of the seconds."""
    day = datetime.fromtimestamp(first_s, UTC).astimezone(zone).date()
    begin_s = int(datetime.combine(day, time(), tzinfo=zone).timestamp())
    while begin_s <= last_s:
        following = day + timedelta(days=1)
        end_s = int(datetime.combine(following, time(), tzinfo=zone).timestamp())
        yield (day - FIRST_DAY).days, begin_s, end_s
        day, begin_s = following, end_s


def _sums():
    return [(name, models.BigIntegerField(default=0)) for name in SUMS]


def _keys(*names):
    key = models.CompositePrimaryKey(*names, blank=True, editable=False, primary_key=True, serialize=False)
    kinds = {"day": models.IntegerField, "month": models.IntegerField}
    return [("pk", key), *((name, kinds.get(name, models.BigIntegerField)()) for name in names)]


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_revisions_of_before"), ("catalog", "0004_approved_since")]
    operations = [
        migrations.CreateModel(
            "RollupDay",
            [*_sums(), *_keys("program_id", "day", "partner_id", "creative_id", "product_id")],
            {
                "db_table": "ledger_rollup_day",
                "indexes": [models.Index(fields=["partner_id", "day"], name="rollup_day_by_partner")],
            },
        ),
        migrations.CreateModel(
            "RollupMonth",
            [*_sums(), *_keys("program_id", "month", "partner_id", "creative_id", "product_id")],
            {
                "db_table": "ledger_rollup_month",
                "indexes": [models.Index(fields=["partner_id", "month"], name="rollup_month_by_partner")],
            },
        ),
        migrations.CreateModel(
            "RollupProgram", [*_sums(), *_keys("program_id", "day")], {"db_table": "ledger_rollup_program"}
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
