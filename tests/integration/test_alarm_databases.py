"""The watch on both databases: the same silence, the same figures, the same end."""

from support import weeks
from support.desk import desk
from support.ledgers import Place
from support.weeks import DAY_MS, HOUR_MS, NOON


def test_a_silence_begins_and_ends(ledger: Place) -> None:
    from clicktrail.control.alarms.rounds import Watch, claim

    with desk(ledger):
        from clicktrail.control.alarms.models import Alarm

        until_ms = NOON - 10 * HOUR_MS
        weeks.steadily(1, until_ms - 36 * DAY_MS, until_ms, 24)
        weeks.calls(3, "unknown_product", NOON)
        weeks.clicks(7, NOON - HOUR_MS)
        assert claim(NOON) and not claim(NOON)
        watch = Watch(ledger.settings)
        watch.round(NOON)
        watch.round(NOON + 60_000)
        [row] = Alarm.objects.all()
        assert (row.cause, row.ended_ms, row.since_ms) == ("discarded", None, NOON - 11 * HOUR_MS)
        assert '"Clicks in the silent hours", "0", "7"' in row.facts
        weeks.orders([NOON + 90_000])
        watch.round(NOON + 120_000)
        assert [row.ended_ms for row in Alarm.objects.all()] == [NOON + 120_000]
        watch.round(NOON + 13 * HOUR_MS)
        assert Alarm.objects.filter(ended_ms__isnull=True).count() == 1, "an ended one leaves room for the next"
