"""What cannot work is refused when it is written, with a sentence."""

import pytest

from clicktrail.control.catalog import rules


@pytest.mark.parametrize("zone", ["localtime", "Factory", "posixrules", "posix/Europe/Berlin", "right/UTC", "CEST", ""])
def test_time_zones_that_are_no_place(zone: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        rules.time_zone(zone)
    assert zone not in rules.zones()


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata"])
def test_time_zones(zone: str) -> None:
    assert rules.time_zone(zone) == zone


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Sale", "Sale"),
        (" Sale\n", "Sale"),
        ("Sale\u200b", "Sale"),
        ("Cafe\u0301", "Caf\xe9"),
        ("Lead & more", "Lead & more"),
    ],
)
def test_product_names(text: str, name: str) -> None:
    assert rules.product_name(text, ["Lead"]) == name


@pytest.mark.parametrize(
    "text", ["Sa\nle", "Sa\u200ble", "Sa\u202ele", "Sa\xadle", "Sa\tle", "Sa\xa0le", " ", "\u200b"]
)
def test_product_names_that_no_call_can_repeat(text: str) -> None:
    with pytest.raises(ValueError):
        rules.product_name(text)


@pytest.mark.parametrize("twin", ["sale", "SALE", " sAle "])
def test_products_that_differ_in_capitals_only(twin: str) -> None:
    with pytest.raises(ValueError, match="differs from"):
        rules.product_name(twin, ["Sale"])


@pytest.mark.parametrize(("text", "other"), [("Big  Sale", "Big Sale"), ("caf\xe9", "Cafe\u0301")])
def test_products_that_look_alike(text: str, other: str) -> None:
    with pytest.raises(ValueError, match="differs from"):
        rules.product_name(text, [other])


def test_aliases_that_differ_in_capitals_only() -> None:
    assert rules.target_alias(" shoes ", ["default", "shoes"]) == "shoes"
    with pytest.raises(ValueError, match="capitals only"):
        rules.target_alias("Shoes", ["default", "shoes"])


@pytest.mark.parametrize("name", ["qc_clickid", "ref", "click-id", "A1"])
def test_click_parameters(name: str) -> None:
    assert rules.click_parameter(name) == name


@pytest.mark.parametrize("name", ["a.b", "a~b", "a[b]", "a b", "a+b", "a%20b", "a&b", "a;b", "\xfc", "", "a" * 65])
def test_click_parameters_that_cannot_be_carried(name: str) -> None:
    with pytest.raises(ValueError, match="cannot name a parameter"):
        rules.click_parameter(name)


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://shop.example/?c={clickid}", "<% CLICKID %>"),
        ("https://shop.example/?c={{ click_id }}", "<% CLICKID %>"),
        ("https://shop.example/?c=${CLICKID}", "<% CLICKID %>"),
        ("https://shop.example/?c=#CLICKID#", "<% CLICKID %>"),
        ("https://shop.example/?c=[CLICKID]", "<% CLICKID %>"),
        ("https://shop.example/?c=%%CLICKID%%", "<% CLICKID %>"),
        ("https://shop.example/?c=%7Bclickid%7D", "<% CLICKID %>"),
        ("https://shop.example/?c=__CLICKID__&d=1", "<% CLICKID %>"),
        ("https://shop.example/?c=$CLICKID$", "<% CLICKID %>"),
        ("https://shop.example/?c=%CLICKID%", "<% CLICKID %>"),
        ("https://shop.example/{transaction_id}/p", "<% CLICKID %>"),
        ("https://shop.example/?s={aff_sub}", "<% SUBID %>"),
        ("https://shop.example/?p=[AFFILIATE_ID]", "<% PID %>"),
        ("https://shop.example/?p={offer_id}", "<% CPID %>"),
        ("https://shop.example/?c=<% CLICKID %>&x={something}", "<% CLICKID %>, <% PID %>"),
    ],
)
def test_placeholders_of_other_systems_are_named_with_ours(url: str, ours: str) -> None:
    with pytest.raises(ValueError) as fault:
        rules.target_url(url)
    assert "another system" in str(fault.value)
    assert ours in str(fault.value)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://shop.example/?f[brand]=1&c=<% CLICKID %>", "https://shop.example/?f[brand]=1&c=<% CLICKID %>"),
        ("https://shop.example/#top", "https://shop.example/#top"),
        ("https://shop.example/?q=%C3%BC&d=100%25", "https://shop.example/?q=%C3%BC&d=100%25"),
        (" https://shop.example/?a=1&amp;b=2\n", "https://shop.example/?a=1&b=2"),
        ("https://shop.example/?a=1&amp;amp;b=2", "https://shop.example/?a=1&b=2"),
        ("https://other.example/go.cgi?id=5", "https://other.example/go.cgi?id=5"),
    ],
)
def test_click_targets(text: str, url: str) -> None:
    assert rules.target_url(text) == url


@pytest.mark.parametrize("path", ["go.cgi?cpid=1&pid=7", "//go.cgi?cpid=1", "go.cgi/?wmid=3"])
def test_a_click_target_that_is_a_click_of_ours(path: str) -> None:
    with pytest.raises(ValueError, match=r"own go\.cgi"):
        rules.target_url(f"https://track.example/{path}")


@pytest.mark.parametrize("host", ["*.com", "*", "*.", "*.co.uk", "*.com.br", "*.github.io", "*.xn--p1ai", "*.com:8443"])
def test_a_star_below_a_name_of_everybody(host: str) -> None:
    with pytest.raises(ValueError):
        rules.deeplink_host(host)


@pytest.mark.parametrize("host", ["shop.example:65536", "shop.example:99999", "shop.example:0", "shop.example:08443"])
def test_a_port_that_does_not_exist(host: str) -> None:
    with pytest.raises(ValueError, match="is no host"):
        rules.deeplink_host(host)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("shop.example:65535", "shop.example:65535"),
        ("*.shop.example", "*.shop.example"),
        ("*.shop.co.uk", "*.shop.co.uk"),
        ("*.me.github.io", "*.me.github.io"),
        ("kasse.M\xdcLLER.test:8443", "kasse.xn--mller-kva.test:8443"),
        ("stra\xdfe.example", "xn--strae-oqa.example"),
        ("shop\u3002example\u200b", "shop.example"),
        ("co.uk", "co.uk"),
    ],
)
def test_hosts(text: str, host: str) -> None:
    assert rules.deeplink_host(text) == host
