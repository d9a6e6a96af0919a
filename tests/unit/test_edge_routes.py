"""Paths that lead to the same route."""

import pytest

from clicktrail.edge.request import Request
from clicktrail.edge.routes import ROUTES, tidy_path


@pytest.mark.parametrize("route", sorted(ROUTES))
@pytest.mark.parametrize("form", [b"%b", b"/%b", b"//%b", b"%b/", b"%b//", b"//%b//", b"/.%b", b"%b/."])
def test_repeated_and_closing_slashes_lead_to_the_same_route(route: bytes, form: bytes) -> None:
    assert tidy_path(form % route) == route


@pytest.mark.parametrize(
    ("path", "tidy"),
    [
        (b"/", b"/"),
        (b"//", b"/"),
        (b"/go%2ecgi", b"/go.cgi"),
        (b"/a//go.cgi", b"/a/go.cgi"),
        (b"/../go.cgi", b"/../go.cgi"),
    ],
)
def test_other_paths(path: bytes, tidy: bytes) -> None:
    assert tidy_path(path) == tidy


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/go.cgi?a=1#b", b"/go.cgi", b"a=1"),
        (b"/go.cgi?a=1&#038;b=2&#38;c=3&#x26;d=4#e", b"/go.cgi", b"a=1&b=2&c=3&d=4"),
        (b"/go.cgi?a=1&#b=2", b"/go.cgi", b"a=1&"),
        (b"http://t//go.cgi/?a=1", b"//go.cgi/", b"a=1"),
        (b"/go.cgi??a=1?b", b"/go.cgi", b"a=1?b"),
        (b"/go.cgi?", b"/go.cgi", b""),
    ],
)
def test_an_escaped_ampersand_is_no_fragment(target: bytes, path: bytes, query: bytes) -> None:
    request = Request()
    request.target = target
    assert request.split() == (path, query)
