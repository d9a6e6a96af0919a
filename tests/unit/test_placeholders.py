"""Address templates: placeholders are filled percent-encoded, literals cannot break a header."""

import pytest

from clicktrail.core.placeholders import Template, compile_template, encode, with_clickid

VALUES = {"clickid": b"QC1", "pid": b"7", "subid": "a b/ü&=+%~".encode(), "wmid": b"11", "cpid": b"1"}


@pytest.mark.parametrize(
    ("template", "address"),
    [
        ("https://s.example/?c=<% CLICKID %>", "https://s.example/?c=QC1"),
        ("https://s.example/?c=<%CLICKID%>", "https://s.example/?c=QC1"),
        ("https://s.example/?c=<%  CLICKID\t %>&d=<% CLICKID %>", "https://s.example/?c=QC1&d=QC1"),
        ("https://s.example/<% CPID %>/<% PID %>/<% WMID %>#<% CLICKID %>", "https://s.example/1/7/11#QC1"),
        ("https://s.example/?s=<% SUBID %>", "https://s.example/?s=a%20b%2F%C3%BC%26%3D%2B%25~"),
        ("https://s.example/?c=<% clickid %>", "https://s.example/?c=QC1"),
        ("https://s.example/?c=<% OTHER %>", "https://s.example/?c=%3C%%20OTHER%20%%3E"),
        ("https://s.example/?c=<% CLICKID", "https://s.example/?c=%3C%%20CLICKID"),
        ("https://s.example/plain?a=b%20c#d", "https://s.example/plain?a=b%20c#d"),
        ("https://s.example/ü?q=ä b", "https://s.example/%C3%BC?q=%C3%A4%20b"),
        ("https://Müller.example:8443/ü", "https://xn--mller-kva.example:8443/%C3%BC"),
        ("https://s.example/\r\nSet-Cookie: a=b", "https://s.example/%0D%0ASet-Cookie:%20a=b"),
        ("https://s.example/\0\x7f\u2028", "https://s.example/%00%7F%E2%80%A8"),
        ("https://s.example/\ud800", "https://s.example/?"),
        ("", ""),
    ],
)
def test_filled(template: str, address: str) -> None:
    assert compile_template(template).fill(VALUES).decode("ascii") == address


def test_a_value_is_never_a_template() -> None:
    """What a partner writes into his subid is text, also where it looks like a placeholder."""
    template = compile_template("https://s.example/?s=<% SUBID %>")
    assert template.fill({"subid": b"<% CLICKID %>", "clickid": b"QC1"}) == (
        b"https://s.example/?s=%3C%25%20CLICKID%20%25%3E"
    )


def test_what_is_not_given_is_empty() -> None:
    """An answer to HEAD fills the ClickID with nothing."""
    assert compile_template("https://s.example/?c=<% CLICKID %>&x").fill({}) == b"https://s.example/?c=&x"


def test_parts() -> None:
    template = compile_template("https://s.example/?c=<% CLICKID %>&p=<% PID %>")
    assert template == Template((b"https://s.example/?c=", "clickid", b"&p=", "pid"))
    assert template.names() == {"clickid", "pid"}


def test_every_byte_but_the_unreserved_is_encoded() -> None:
    unreserved = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    for byte in range(256):
        expected = bytes([byte]) if byte in unreserved else b"%" + f"{byte:02X}".encode()
        assert encode(bytes([byte])) == expected


@pytest.mark.parametrize(
    ("address", "template"),
    [
        ("https://s.example/", "https://s.example/?id=<% CLICKID %>"),
        ("https://s.example/?a=b", "https://s.example/?a=b&id=<% CLICKID %>"),
        ("https://s.example/?", "https://s.example/?id=<% CLICKID %>"),
        ("https://s.example/?a=b&", "https://s.example/?a=b&id=<% CLICKID %>"),
        ("https://s.example/#top", "https://s.example/?id=<% CLICKID %>#top"),
        ("https://s.example/?a=b#top?x=y", "https://s.example/?a=b&id=<% CLICKID %>#top?x=y"),
        ("https://s.example/#a#b", "https://s.example/?id=<% CLICKID %>#a#b"),
        ("https://s.example/?id=QC_old&a=b", "https://s.example/?a=b&id=<% CLICKID %>"),
        ("https://s.example/?idx=1&a=id", "https://s.example/?idx=1&a=id&id=<% CLICKID %>"),
        ("https://s.example/<% CLICKID %>", "https://s.example/<% CLICKID %>"),
        ("https://s.example/?x=<%clickid%>#y", "https://s.example/?x=<%clickid%>#y"),
        ("https://s.example/?p=<% PID %>", "https://s.example/?p=<% PID %>&id=<% CLICKID %>"),
    ],
)
def test_a_deeplink_gets_the_clickid_in_front_of_the_fragment(address: str, template: str) -> None:
    assert with_clickid(address, "id") == template
