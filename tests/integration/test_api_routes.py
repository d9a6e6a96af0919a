"""Every route: its key, its scope, its program, its line in the reference; errors have one shape."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.counter import BASE, Counter, counter

DOCS = Path(__file__).resolve().parents[2] / "docs" / "reference"
PATH_OF_ONE = {"number": "1", "call": "1", "clickid": "QC1", "public_id": "abc", "key": "1", "revision": "1"}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with counter(tmp_path_factory.mktemp("api") / "data", api_requests_per_minute=0) as made:
        yield made


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """(method, path, as the document tells it)"""
    from clicktrail.control.api.v1 import api

    paths = api.get_openapi_schema()["paths"]
    return [(method.upper(), path, told) for path, found in paths.items() for method, told in found.items()]


def concrete(path: str) -> str:
    return re.sub(r"{(\w+)}", lambda name: PATH_OF_ONE[name[1]], path.removeprefix(BASE))


def table(heading: str) -> list[list[str]]:
    page = (DOCS / "api.md").read_text()
    part = page[page.index(f"## {heading}\n") :].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_route_wants_a_key(api: Counter) -> None:
    found = operations()
    assert len(found) > 45
    for place, (method, path, _) in enumerate(found):
        # Each from an address of its own, because addresses that try too often are held up.
        answer = api.ask(method, concrete(path), {}, key=None, X_FORWARDED_FOR=f"203.0.113.{place}")
        assert (answer.status, answer.code) == (401, "no_key"), (method, path)
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_every_route_wants_one_of_its_scopes(api: Counter) -> None:
    alone = {scope: api.key([scope]) for scope in ("read", "write", "postback")}
    for method, path, told in operations():
        scopes = told["x-scopes"]
        assert scopes, (method, path)
        assert ("write" in scopes) == (method != "GET" and "postbacks" not in path), (method, path)
        for scope, key in alone.items():
            answer = api.ask(method, concrete(path), {}, key=key)
            is_refused = answer.status == 403 and answer.code == "missing_scope"
            assert is_refused == (scope not in scopes), (method, path, scope, answer)


def test_a_route_without_scope_cannot_be_made() -> None:
    from ninja import Router

    from clicktrail.control.api.guard import route

    with pytest.raises(TypeError, match="scope"):
        route(Router(), "GET", "", answers=dict)


def test_all_urls_below_the_api_are_guarded_routes_or_the_two_open_pages() -> None:
    from clicktrail.control.api.v1 import api

    views = {pattern.name for pattern in api.urls[0]}
    told = {told["operationId"] for _, _, told in operations()}
    assert views - {"api-root"} <= told


def test_a_session_of_the_console_counts_for_nothing(api: Counter) -> None:
    client = api.office.client
    assert api.office.get("/").status == 200
    assert client.get("/api/v1/programs").status_code == 401
    assert client.post("/api/v1/programs", {}, content_type="application/json").status_code == 401


def test_no_answer_sets_a_cookie_or_may_be_kept(api: Counter) -> None:
    for answer in (api.get("/programs"), api.get("/programs/99"), api.get("/programs", key=None)):
        assert "set-cookie" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"


def test_every_route_stands_in_the_reference_with_its_scopes() -> None:
    told = [(row[0].strip("`"), row[1]) for row in table("Routes")]
    real = [(f"{method} {path}", ", ".join(told["x-scopes"])) for method, path, told in operations()]
    assert told == real


def test_every_problem_stands_in_the_reference_with_its_status() -> None:
    from clicktrail.control.api.problems import PROBLEMS

    told = {row[0].strip("`"): row[1] for row in table("Errors")}
    assert told == {code: str(kind.status) for code, kind in PROBLEMS.items()}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "no_route"),
        ("POST", "/programs/1/nothing", 404, "no_route"),
        ("PUT", "/programs", 405, "wrong_method"),
        ("OPTIONS", "/programs", 405, "wrong_method"),
        ("GET", "/programs/77", 404, "not_found"),
        ("GET", "/programs/x", 422, "invalid"),
        ("GET", "/programs?limit=0", 422, "invalid"),
        ("GET", "/programs?limmit=1", 422, "invalid"),
        ("GET", "/programs?cursor=x", 422, "invalid"),
        ("GET", "/transactions?tid=%00", 422, "invalid"),
    ],
)
def test_every_error_is_a_problem(api: Counter, method: str, path: str, status: int, code: str) -> None:
    answer = api.ask(method, path)
    assert (answer.status, answer.code) == (status, code)
    told = answer.json
    assert set(told) == {"type", "title", "status", "code", "detail", "hint", "errors"}
    assert told["type"] == f"urn:clicktrail:problem:{code}"
    assert told["status"] == status
    assert all(told[name].endswith((".", "`.", "…`.")) or name == "title" for name in ("detail", "hint"))


def test_a_wrong_method_names_the_right_ones(api: Counter) -> None:
    assert api.ask("PUT", "/programs").headers["allow"] == "GET, POST"


def test_a_slip_of_the_pen_in_a_parameter_is_recognised(api: Counter) -> None:
    assert "did you mean limit?" in api.get("/programs?limmit=1").json["errors"][0]["detail"]


def test_a_strange_host_gets_a_problem_too(api: Counter) -> None:
    from django.test import Client

    answer = Client(SERVER_NAME="evil.example", raise_request_exception=False).get("/api/v1/programs")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert "evil" not in answer.content.decode()


def test_what_nobody_expected_is_a_problem_that_tells_nothing(api: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    from clicktrail.control.api import paging

    def broken(*_: object) -> None:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr(paging, "_read", broken)
    answer = api.get("/programs")
    assert (answer.status, answer.code) == (500, "fault")
    assert b"swordfish" not in answer.body


def test_a_ledger_out_of_reach_is_said_and_may_be_tried_again(api: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    from clicktrail.control.api import paging

    def locked(*_: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(paging, "_read", locked)
    answer = api.get("/programs")
    assert (answer.status, answer.code) == (503, "ledger_away")
    assert answer.headers["retry-after"] == "2"


def test_every_answer_says_how_much_is_left(api: Counter) -> None:
    from django.conf import settings
    from django.test import override_settings
    from msgspec.structs import replace

    with override_settings(CLICKTRAIL=replace(settings.CLICKTRAIL, api_requests_per_minute=60)):
        key = api.key()
        for path in ("/programs", "/programs/99", "/programs?x=1"):
            headers = api.get(path, key=key).headers
            assert headers["ratelimit-limit"] == "60"
            assert int(headers["ratelimit-remaining"]) < 60
            assert int(headers["ratelimit-reset"]) >= 1
