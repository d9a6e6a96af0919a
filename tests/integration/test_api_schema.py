"""No request, however odd, gets an answer that the OpenAPI document does not allow; none gets a 5xx."""

from collections import Counter as Counted
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from support.counter import Counter, counter

EXAMPLES, NIGHTLY_EXAMPLES = 4, 150


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with counter(tmp_path_factory.mktemp("api") / "data", api_requests_per_minute=0, verdict_patience_ms=300) as made:
        made.office.orders("A-1", "A-2", "A-3")
        made.office.orders("A-1", umsatz="80")
        assert made.post("/rejudgings", {}).status == 201
        assert made.post("/rates", {"partner": 7, "product": 1, "percent": "12.5"}).status == 201
        _told(made)
        yield made


def _told(api: Counter) -> None:
    """A receiver, what it was told, and an alarm."""
    from clicktrail.control.alarms import book

    hook = {"kind": "webhook", "name": "Hook", "address": "https://shop.example/hook", "events": ["saved"]}
    receiver = api.post("/receivers", hook).json["id"]
    assert api.post(f"/receivers/{receiver}/tests").status == 201
    assert book.raise_alarm(book.Told("silence", 1, 1, "No orders", "no_calls", "No calls came."), 2)


@pytest.fixture(scope="module")
def document(api: Counter) -> Any:
    import schemathesis
    from django.core.handlers.wsgi import WSGIHandler

    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", WSGIHandler())


def _operations(document: Any) -> list[Any]:
    return [result.ok() for result in document.get_all_operations()]


def test_every_answer_is_one_that_the_document_allows(api: Counter, document: Any, nightly: bool) -> None:
    from schemathesis import GenerationMode

    rounds = NIGHTLY_EXAMPLES if nightly else EXAMPLES
    with api.office.engine_running():
        operations = _operations(document)
        assert len(operations) > 40
        for operation in operations:
            statuses = Counted()
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                statuses += _try(api, operation.as_strategy(mode), rounds)
                if existing := _existing(api, operation):
                    statuses += _try(api, operation.as_strategy(mode, path_parameters=existing), rounds)
            assert 429 not in statuses
            if operation.method.upper() == "GET":
                assert statuses[200], f"{operation.path} was never answered with more than an error: {statuses}"


def _existing(api: Counter, operation: Any) -> dict[str, Any]:
    """Path parameters of a row that is there."""
    noun = operation.path.split("/")[3]
    if noun == "keys":
        api.key(name="One to be changed")
    names = [name for name in ("number", "clickid", "call", "public_id") if f"{{{name}}}" in operation.path]
    if not names:
        return {}
    if operation.method.upper() == "DELETE" and noun != "keys":
        return {}
    items = api.get(f"/{noun}").json["items"]
    key = {"number": "number" if noun == "transactions" else "id", "public_id": "id"}.get(names[0], names[0])
    return {names[0]: items[-1][key]} if items else {}


def _try(api: Counter, strategy: Any, rounds: int) -> "Counted[int]":
    """How often each status was answered."""
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        negative_data_rejection,
        response_headers_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    from clicktrail.control.api.guard import buckets

    checks = [
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_headers_conformance,
        response_schema_conformance,
        negative_data_rejection,
    ]
    headers = {"Authorization": f"Bearer {api.key()}"}
    statuses: Counted[int] = Counted()

    @settings(
        max_examples=rounds,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def one(case: Any) -> None:
        buckets.clear()  # Cases without a good key are among them.
        response = case.call(headers=headers)
        statuses[response.status_code] += 1
        case.validate_response(response, checks=checks, headers=headers)

    one()
    return statuses
