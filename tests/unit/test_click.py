"""What a click leads to: the table of contract 2."""

from dataclasses import replace

import pytest
from support.cast import (
    ANNA,
    BANNER,
    CARLA,
    CATALOG,
    DORA,
    FOREIGN_BANNER,
    OTHER_SHOP,
    PAUSED_BANNER,
    PAUSED_SHOP,
    SHOP,
    STRANGER,
    TARGETS,
    TESTER,
    YEN_SHOP,
    with_program,
)

from clicktrail.core.click import Decision, decide
from clicktrail.core.placeholders import compile_template, with_clickid
from clicktrail.core.reasons import CLICK_OUTCOMES, REASONS

DEFAULT, SHOES = compile_template(TARGETS["default"]), compile_template(TARGETS["shoes"])


def click(
    cpid: str | None = "1", pid: str | None = "7", wmid: str | None = None, target: str | None = None
) -> Decision:
    return decide(cpid, pid, wmid, target, CATALOG)


@pytest.mark.parametrize("wmid", [None, "", "cc", "CC"])
@pytest.mark.parametrize("target", [None, "", "default"])
def test_a_link_that_the_partner_built(wmid: str | None, target: str | None) -> None:
    assert click(wmid=wmid, target=target) == Decision("ok", SHOP, ANNA, 0, "default", DEFAULT)


def test_a_creative_leads_to_its_own_target() -> None:
    assert click(wmid="11") == Decision("ok", SHOP, ANNA, BANNER, "shoes", SHOES)


def test_a_named_target_comes_before_the_creatives() -> None:
    assert click(wmid="11", target="default") == Decision("ok", SHOP, ANNA, BANNER, "default", DEFAULT)


@pytest.mark.parametrize("cpid", [None, ""])
def test_a_creative_knows_its_program(cpid: str | None) -> None:
    assert click(cpid=cpid, wmid="11").program == SHOP
    assert click(cpid=cpid, wmid=str(FOREIGN_BANNER)).program == OTHER_SHOP


def test_a_creative_whose_target_is_gone_leads_to_the_default() -> None:
    catalog = with_program(targets={"default": TARGETS["default"]})
    assert decide("1", "7", "11", None, catalog) == Decision("ok", SHOP, ANNA, BANNER, "default", DEFAULT)


def test_the_test_partner_is_a_partner() -> None:
    assert click(pid="2") == Decision("ok", SHOP, TESTER, 0, "default", DEFAULT)


@pytest.mark.parametrize(
    ("link", "outcome", "partner", "creative"),
    [
        ({"pid": "99"}, "unknown_partner", STRANGER, 0),
        ({"pid": None}, "unknown_partner", 0, 0),
        ({"pid": ""}, "unknown_partner", 0, 0),
        ({"pid": "abc"}, "unknown_partner", 0, 0),
        ({"pid": "-7"}, "unknown_partner", 0, 0),
        ({"pid": str(2**53 + 1)}, "unknown_partner", 0, 0),
        ({"pid": "9"}, "partner_inactive", CARLA, 0),
        ({"pid": "10"}, "partner_inactive", DORA, 0),
        ({"wmid": "99"}, "unknown_creative", ANNA, 99),
        ({"wmid": "abc"}, "unknown_creative", ANNA, 0),
        ({"wmid": "12"}, "unknown_creative", ANNA, PAUSED_BANNER),
        ({"wmid": "13"}, "unknown_creative", ANNA, FOREIGN_BANNER),
        ({"target": "hats"}, "unknown_creative", ANNA, 0),
        ({"target": "Default"}, "unknown_creative", ANNA, 0),
        ({"target": "shoes.v2"}, "unknown_creative", ANNA, 0),
        ({"target": "javascript:alert(1)"}, "unknown_creative", ANNA, 0),
        ({"wmid": "11", "target": "hats"}, "unknown_creative", ANNA, BANNER),
        ({"pid": "99", "wmid": "11"}, "unknown_partner", STRANGER, BANNER),
        ({"pid": "10", "target": "https://shop.example/a"}, "partner_inactive", DORA, 0),
    ],
)
def test_never_stranded_never_credited(link: dict[str, str | None], outcome: str, partner: int, creative: int) -> None:
    """The program's default target, the reason, and what the link asked for."""
    assert click(**link) == Decision(outcome, SHOP, partner, creative, "default", DEFAULT)


def test_a_paused_program_sends_its_visitors_on() -> None:
    assert click(cpid="4") == Decision("program_paused", PAUSED_SHOP, ANNA, 0, "default", DEFAULT)
    assert click(cpid="4", pid="99", wmid="99").outcome == "program_paused"


def test_the_first_fault_names_the_outcome() -> None:
    """The same order as for a call."""
    assert click(pid="99", wmid="99", target="hats").outcome == "unknown_partner"
    assert click(pid="10", wmid="99", target="hats").outcome == "partner_inactive"


@pytest.mark.parametrize(
    ("cpid", "wmid"),
    [("99", None), ("99", "11"), ("abc", "11"), ("0", None), (None, None), ("", ""), (None, "99"), (None, "cc")]
    + [(str(2**53 + 1), None), ("9" * 5000, "11")],
)
def test_an_unknown_program_has_nowhere_to_send_anybody(cpid: str | None, wmid: str | None) -> None:
    assert click(cpid=cpid, wmid=wmid) == Decision("unknown_program", 0, 0, 0, "", None)


@pytest.mark.parametrize("wmid", [None, "11"])
def test_a_deeplink(wmid: str | None) -> None:
    found = click(wmid=wmid, target="https://shop.example/hats?a=b#c")
    assert (found.outcome, found.target) == ("ok", "https://shop.example/hats?a=b#c")
    assert found.template is not None
    assert found.template.fill({"clickid": b"QC1"}) == b"https://shop.example/hats?a=b&qc_clickid=QC1#c"


def test_a_deeplink_with_placeholders_of_its_own() -> None:
    found = click(target="https://shop.example/<% CLICKID %>?s=<%SUBID%>")
    assert found.template is not None
    assert found.template.fill({"clickid": b"QC1", "subid": b"a&b"}) == b"https://shop.example/QC1?s=a%26b"


def test_the_name_of_the_parameter_is_the_programs() -> None:
    found = decide("1", "7", None, "https://shop.example/", with_program(click_parameter="ref"))
    assert found.template == compile_template(with_clickid("https://shop.example/", "ref"))


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example/",
        "//shop.example/p",
        "www.evil.example",
        "www.evil.example/p",
        "evil.example/p?a=b",
        "shop.example",
        "/p?a=b",
        "https%253A%252F%252Fshop.example%252F",
        "https%25253A%25252F%25252Fshop.example%25252F",
        "https:/shop.example/",
        "https:shop.example/p",
        "h\nttps://shop.example/",
        "https://shop.example/\r\nX: y",
        "https://user@shop.example/",
        "https://shop.example:99999/",
        "ftp://shop.example/",
        "myapp://product/1",
        "\\\\evil.example",
    ],
)
def test_an_odd_address_keeps_its_credit(target: str) -> None:
    """At worst its visitor goes to the default target."""
    found = click(target=target)
    assert (found.outcome, found.target, found.template) == ("ok", "default", DEFAULT)


def test_an_alias_comes_before_an_address() -> None:
    catalog = with_program(targets={"default": TARGETS["default"], "shop.example": TARGETS["shoes"]})
    assert decide("1", "7", None, "shop.example", catalog).target == "shop.example"


@pytest.mark.parametrize("target", ["https://evil.example/", "http%3A%2F%2Fevil.example%2F", "https://a@shop.example/"])
@pytest.mark.parametrize("wmid", [None, "11"])
def test_an_address_that_is_not_listed_goes_to_the_default_target(target: str, wmid: str | None) -> None:
    """No open redirect. The partner sent a visitor all the same, and keeps the credit."""
    found = click(wmid=wmid, target=target)
    assert (found.outcome, found.target, found.template) == ("ok", "default", DEFAULT)


def test_a_program_without_a_default_target_uses_its_first() -> None:
    assert click(cpid="3", pid="99").target == "home"


def test_a_program_without_any_target_has_no_template() -> None:
    assert click(cpid="5") == Decision("ok", YEN_SHOP, ANNA, 0, "", None)


def test_outcomes_are_codes_of_the_closed_list() -> None:
    assert set(CLICK_OUTCOMES) - {"ok"} <= set(REASONS)


def test_a_swapped_catalog_decides_anew() -> None:
    without = replace(CATALOG, partners={})
    assert decide("1", "7", None, None, without).outcome == "unknown_partner"
