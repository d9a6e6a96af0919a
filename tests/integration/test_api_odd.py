"""Odd values everywhere, without a schema to follow: never a 5xx, always JSON, nothing told of the inside."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.counter import BASE, Counter, counter

ODD = [
    "\0", "a\0b", "\ud800", "\udfff\ud800", "\ufeff", "\u202e", "", " ", "x" * 5000, "'; DROP TABLE api_key; --", "%00",
    "%s", "<script>", "../../etc/passwd", 2**63, -(2**63) - 1, 10**400, -1, 0, 1.5, 1e308, True, None, [], {}, [[[[]]]],
    {"a": {"b": [None]}}, "9" * 5000, "\r\nSet-Cookie: a=b",
]  # fmt: skip
RAW = [
    b"", b"\xff\xfe", b"\0", b"{" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 50_000, b"NaN", b"1e999999",
    b"9" * 10_000, b'"\\ud800"', b"{}", b"[]", b"null", b'{"name": "x", "name": "y"}', b"\xef\xbb\xbf{}",
]  # fmt: skip


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    data = tmp_path_factory.mktemp("api") / "data"
    with counter(data, api_requests_per_minute=0, verdict_patience_ms=1) as made:
        made.office.orders("Q-1")
        yield made


def _routes() -> list[tuple[str, str, dict[str, Any]]]:
    from clicktrail.control.api.v1 import api

    paths = api.get_openapi_schema()["paths"]
    return [(method.upper(), path, told) for path, found in paths.items() for method, told in found.items()]


def _is_sound(answer: Any, *where: Any) -> None:
    assert answer.status < 500, (where, answer)
    if answer.body:
        json.loads(answer.body)
    for word in (b"Traceback", b"sqlite", b"django", b"pydantic", b"site-packages"):
        assert word not in answer.body, where
    assert "set-cookie" not in answer.headers


def test_odd_bodies_on_every_route(api: Counter, nightly: bool) -> None:
    step = 1 if nightly else 7
    for place, (method, path, _) in enumerate(_routes()):
        if method in ("POST", "PATCH"):
            for raw in RAW[place % step :: step]:
                _is_sound(api.ask(method, _at(path, "1"), raw=raw), method, path, raw[:20])


def test_odd_values_in_every_field(api: Counter, nightly: bool) -> None:
    """In the short form two values a field, others from field to field."""
    from clicktrail.control.api.v1 import api as document

    step = 1 if nightly else 14
    schemas = document.get_openapi_schema()["components"]["schemas"]
    places = count()
    for method, path, told in _routes():
        body = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        fields = schemas.get(body.get("$ref", "").rpartition("/")[2], {}).get("properties", {})
        for name in fields:
            for odd in ODD[next(places) % step :: step]:
                _is_sound(api.ask(method, _at(path, "1"), {name: odd}), method, path, name, odd)


def _at(path: str, value: str) -> str:
    from urllib.parse import quote

    head, brace, tail = path.removeprefix(BASE).partition("{")
    return head + quote(value, safe="") + tail.partition("}")[2] if brace else head


PATHS = ["0", "-1", "9" * 30, "9" * 5000, "x", "\0", "é", "%", "1e3", "1_0", "１", "true", "QC" + "9" * 27]


def test_odd_path_parameters(api: Counter, nightly: bool) -> None:
    step = 1 if nightly else 3
    paths = [path for method, path, _ in _routes() if "{" in path and method == "GET"]
    for place, path in enumerate(paths):
        for odd in PATHS[place % step :: step]:
            answer = api.get(_at(path, odd))
            _is_sound(answer, path, odd)
            assert answer.status in (404, 422), (path, odd)


def test_odd_query_parameters(api: Counter, nightly: bool) -> None:
    texts = st.sampled_from([str(odd) for odd in ODD if "\ud800" not in str(odd)]) | st.text(
        alphabet=st.characters(exclude_categories=["Cs"]), max_size=20
    )
    names = sorted({(path, p["name"]) for method, path, told in _routes() if method == "GET" for p in told["parameters"]
                    if p["in"] == "query"})  # fmt: skip

    @settings(
        max_examples=2000 if nightly else 60, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.sampled_from(names), texts)
    def ask(name: tuple[str, str], text: str) -> None:
        from urllib.parse import urlencode

        _is_sound(api.get(f"{_at(name[0], '1')}?{urlencode({name[1]: text})}"), name, text)

    ask()
