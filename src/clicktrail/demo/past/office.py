"""The people of the demo and their own traces: accounts, alarms that came and went, what they wrote down."""

from typing import Any

from clicktrail.core.periods import DAY_MS

HOUR_MS = 3_600_000
MANAGER, READER, PARTNER_ACCOUNT = "lena", "sam", "beandiary"
PARTNER = 101


def furnish(now_ms: int) -> None:
    """All accounts have the owner's password: nobody but this machine can reach them."""
    _accounts()
    _alarms(now_ms)
    _activity(now_ms)
    _applications(now_ms)
    _notes(now_ms)


def _accounts() -> None:
    from clicktrail.control.accounts.models import Account, Role
    from clicktrail.demo.household import USER

    password = Account.objects.get(username=USER).password
    for name, first, last, facts in (
        (MANAGER, "Lena", "Vogt", {"role": Role.MANAGER, "is_staff": True}),
        (READER, "Sam", "Okafor", {"role": Role.READER, "is_staff": True, "programs": [2]}),
        (PARTNER_ACCOUNT, "Bea", "Lindqvist", {"role": Role.PARTNER, "partner_id": PARTNER}),
    ):
        if not Account.objects.filter(username=name).exists():
            more = {"email": f"{name}@mail.example", "password": password, **facts}
            Account.objects.create(username=name, first_name=first, last_name=last, **more)


def _alarms(now_ms: int) -> None:
    """Two that are over: a silent checkout, and a shop that forgot its token; and a shop that sleeps at night."""
    from clicktrail.control.alarms.models import AlarmRule, Sensitivity

    AlarmRule.objects.create(program_id=1, sensitivity=Sensitivity.LOW, quiet_from="23:00", quiet_to="07:00")
    _ended(now_ms)


def _ended(now_ms: int) -> None:
    from clicktrail.control.alarms import book, words
    from clicktrail.control.alarms.causes import Evidence, likely
    from clicktrail.control.alarms.discards import Jump
    from clicktrail.control.alarms.silence import Silent
    from clicktrail.control.alarms.spoken import told_in_all
    from clicktrail.control.catalog.models import Program

    coffee, ceramics = Program.objects.get(pk=1), Program.objects.get(pk=3)
    silent_ms, jump_ms = now_ms - 52 * DAY_MS, now_ms - 24 * DAY_MS
    silent = Silent(silent_ms - 5 * HOUR_MS, 3, 4, (4, 5, 3, 4), 900)
    evidence = Evidence(clicks=58, usual_clicks=61)
    today = words.Today(0, 4, 58, (61, 60, 63, 59))
    jump = Jump("unauthorized", 31, 100, 31, 2)

    def no_orders() -> book.Told:
        return words.silence(coffee, silent, likely(evidence), {}, today, silent_ms)

    def no_token() -> book.Told:
        return words.discards(ceramics, jump, jump_ms - HOUR_MS)

    for tell, at_ms, lasted_h, note in (
        (no_orders, silent_ms, 3, "The checkout was deployed without the call; it is back."),
        (no_token, jump_ms, 7, "Token set again in the shop."),
    ):
        row = book.raise_alarm(told_in_all(tell), at_ms)
        if row is not None:
            book.take(row, MANAGER, note, at_ms + HOUR_MS)
            book.end(row, words.over(row), at_ms + lasted_h * HOUR_MS)


def _state(before: str, after: str) -> dict[str, Any]:
    return {"before": {"state": before}, "after": {"state": after}}


def _activity(now_ms: int) -> None:
    """The days on which they came in, and what they did to the set-up."""
    from clicktrail.control.accounts.models import Activity

    rows = [(d, 9, MANAGER if d % 3 else "demo", "signed in", "", None, {}) for d in range(88, 0, -2)]
    rows += [
        (64, 11, "demo", "partner approved", "Click Circus (103)", None, {}),
        (58, 15, MANAGER, "partner approved", "Gear Geeks (110)", 2, {}),
        (
            40,
            10,
            "demo",
            "program changed",
            "Tansu Ceramics",
            3,
            _state("active", "paused"),
        ),
        (
            38,
            9,
            "demo",
            "program changed",
            "Tansu Ceramics",
            3,
            _state("paused", "active"),
        ),
        (33, 16, MANAGER, "partner approved", "Dealdrop (112)", None, {}),
        (
            19,
            14,
            "demo",
            "partner changed",
            "Click Circus (103)",
            None,
            _state("active", "blocked"),
        ),
        (6, 10, MANAGER, "exported", "Transactions of last month", 1, {}),
        (5, 11, MANAGER, "receiver changed", "Dealdrop app", None, {}),
    ]
    Activity.objects.bulk_create(
        Activity(
            at_ms=(now_ms // DAY_MS - days) * DAY_MS + hour * HOUR_MS, account=account, verb=verb, subject=subject,
            program_id=program, facts=facts, address="203.0.113.0",
        )
        for days, hour, account, verb, subject, program, facts in sorted(rows, key=lambda row: -row[0])
    )  # fmt: skip


TERMS = """1. Links stand on the pages that you named to us, and nowhere else.
2. No bids on our names in search engines, no forced clicks, no mail to people who did not ask for it.
3. An order counts when it is confirmed, about two weeks after it was placed. Confirmed orders are paid on the 5th.
4. Both sides may end this at any time; what is confirmed by then is paid.
"""
WISHES = (
    (4, "Baristaklasse", "hallo@baristaklasse.example", "https://baristaklasse.example", "de",
     "We teach people to make coffee, in Hamburg and in 40 videos. 9,000 readers of our mail every month."),
    (2, "Deals Deals Deals", "desk@deals3.example", "https://deals3.example", "en",
     "Vouchers and flash sales, pushed to 200,000 phones. We need 20 % and codes of our own."),
    (0, "Nomad Kitchen", "ines@nomadkitchen.example", "https://nomadkitchen.example", "en",
     "A blog about cooking in a van. I use your dripper every morning and would like to write about it."),
)  # fmt: skip
"""Who waits: days ago, name, mail, page, language, what he says of himself."""
NOTES = (
    (101, 80, "demo", "Ada writes every review herself. 12.5 % agreed by phone, for a year."),
    (
        103,
        19,
        "demo",
        "Blocked. Half of the clicks came from two data centres, three orders in six weeks, all returned.",
    ),
    (
        102,
        30,
        MANAGER,
        "Wants codes of her own for the autumn campaign. Cancellations above 10 %: look again in January.",
    ),
    (106, 46, MANAGER, "17.5 % from now on: two reels a month, one of them about The First Box."),
    (112, 5, MANAGER, "Their postback server answers 503 since Tuesday. Wrote to them."),
)
"""Partner, days ago, by whom, what."""


def _applications(now_ms: int) -> None:
    from clicktrail.control.accounts.models import Account, Role
    from clicktrail.control.portal.models import Acceptance, Application, Terms
    from clicktrail.demo.household import USER

    terms = Terms.objects.create(text=TERMS, actor=USER, at_ms=now_ms - 92 * DAY_MS)
    password = Account.objects.get(username=USER).password
    for account in Account.objects.filter(role=Role.PARTNER):
        Acceptance.objects.create(account_id=account.pk, version=terms.pk, at_ms=now_ms - 89 * DAY_MS)
    for days, name, mail, website, language, traffic in WISHES:
        at_ms = now_ms - days * DAY_MS - 3 * HOUR_MS
        row = Account.objects.create(username=mail, email=mail, password=password, role=Role.PARTNER)
        Acceptance.objects.create(account_id=row.pk, version=terms.pk, at_ms=at_ms)
        Application.objects.create(
            account_id=row.pk, name=name, email=mail, website=website, traffic=traffic, language=language,
            address="198.51.100.0", terms_version=terms.pk, at_ms=at_ms,
        )  # fmt: skip


def _notes(now_ms: int) -> None:
    from clicktrail.control.catalog.models import PartnerNote

    PartnerNote.objects.bulk_create(
        PartnerNote(partner_id=partner, text=text, made_ms=now_ms - days * DAY_MS, made_by=by)
        for partner, days, by, text in NOTES
    )
