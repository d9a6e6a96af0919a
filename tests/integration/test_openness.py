"""What a program's security settings come to, in words; and moments as people write them."""

from collections.abc import Iterator

import pytest
from support.office import Office, office

from clicktrail.control.console.openness import Rules, openness, tone, words

KEYED, TOKENED, LISTED = {"signed": True, "keys": 1}, {"token": True, "tokens": 1}, {"networks": ("203.0.113.0/24",)}


@pytest.fixture(scope="module", autouse=True)
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Somewhere to speak: words are looked up in the language of who reads."""
    with office(tmp_path_factory.mktemp("openness") / "data") as made:
        yield made


@pytest.mark.parametrize(
    ("settings", "expected", "mark"),
    [
        ({}, "anybody who knows the address can make orders for any partner, also for products", "warning"),
        ({"nocheck": "nobody"}, "anybody who knows the address can make orders for any partner who is appr", "warning"),
        ({"nocheck": "signed", "pid": "signed"}, "and has clicked a partner's link", "warning"),
        (TOKENED, "anybody who has read the token once can make orders.", "info"),
        (LISTED, "anybody can make orders from the addresses listed, and nobody", "info"),
        (TOKENED | LISTED, "has read the token once can make orders, but only from the addresses", "info"),
        (KEYED, "only who has a signing key can make orders.", "success"),
        (KEYED | LISTED, "only who has a signing key can make orders, and only from the addresses", "success"),
        ({"signed": True}, "there is no signing key", "danger"),
        ({"token": True}, "a token is demanded, and there is none", "danger"),
        (KEYED | {"unproven": "hold"}, "What fails is not lost", "success"),
    ],
)
def test_who_can_make_orders(settings: dict[str, object], expected: str, mark: str) -> None:
    rules = Rules(**settings)  # type: ignore[arg-type]
    assert expected in openness(rules)
    assert openness(rules).startswith("Today ")
    assert tone(rules) == mark


@pytest.mark.parametrize(("unproven", "fate"), [("refuse", "discarded as unauthorized"), ("hold", "on hold")])
def test_each_demand_says_what_becomes_of_a_call_that_fails(unproven: str, fate: str) -> None:
    rules = Rules(unproven=unproven, nocheck="signed", pid="nobody", **KEYED, **TOKENED, **LISTED)  # type: ignore[arg-type]
    told = {word.name: word for word in words(rules)}
    assert all(fate in told[name].failing for name in ("Signature", "Token", "Addresses"))
    assert "203.0.113.0/24" in told["Addresses"].meaning and "1 key counts" in told["Signature"].meaning
    assert "passed over" in told["pid"].failing and "Only a signed call" in told["nocheck=1"].meaning


def test_what_is_not_demanded_nobody_fails() -> None:
    assert [word.failing for word in words(Rules())] == [""] * 6


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-12-01", "2026-12-01T00:00:00+01:00"),
        ("2026-07-01 08:30", "2026-07-01T08:30:00+02:00"),
        ("2026-12-01T00:00:00Z", "2026-12-01T01:00:00+01:00"),
        ("2026-12-01T00:00:00.250+01:00", "2026-12-01T00:00:00.250+01:00"),
    ],
)
def test_a_moment_is_of_the_programs_zone(desk: Office, text: str, expected: str) -> None:
    from clicktrail.control.catalog.rates import BEGINNING, moment, written

    read = moment(text, "Europe/Berlin")
    assert written(read, "Europe/Berlin") == expected
    assert moment(expected, "Asia/Tokyo") == read
    assert written(0, "UTC") == BEGINNING


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("tomorrow", "is no moment"),
        ("2026-13-01", "is no moment"),
        ("2027-03-28 02:30", "the clock goes forward"),
        ("9999-01-01", "out of range"),
    ],
)
def test_a_wrong_moment_says_the_mend(desk: Office, text: str, sentence: str) -> None:
    from clicktrail.control.catalog.rates import moment

    with pytest.raises(ValueError, match=sentence):
        moment(text, "Europe/Berlin")


def test_the_programs_page_says_it(desk: Office) -> None:
    page = desk.get("/catalog/program/1/change/")
    assert "Open Today anybody who knows the address can make orders for any partner" in page.text
    assert "Not demanded. A signed call is trusted with more all the same." in page.text
