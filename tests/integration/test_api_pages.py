"""The document and the page of the API: OpenAPI 3.1, everything from here, no script inline."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from support.counter import Counter, counter


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with counter(tmp_path_factory.mktemp("api") / "data") as made:
        yield made


def test_the_document_is_openapi_3_1_and_whole(api: Counter) -> None:
    answer = api.get("/openapi.json", key=None)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    document = answer.json
    assert document["openapi"] == "3.1.0"
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(_references(document)) <= known
    ids = [told["operationId"] for found in document["paths"].values() for told in found.values()]
    assert len(ids) == len(set(ids))
    assert document["components"]["securitySchemes"]["Bearer"]["scheme"] == "bearer"


def test_every_schema_of_the_document_is_a_json_schema(api: Counter) -> None:
    import jsonschema_rs

    document = api.get("/openapi.json", key=None).json
    for schema in _schemas(document):
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_every_route_declares_its_answers_and_errors(api: Counter) -> None:
    document = api.get("/openapi.json", key=None).json
    for path, found in document["paths"].items():
        for method, told in found.items():
            responses = told["responses"]
            assert {"400", "401", "403", "422", "429", "500", "503"} <= set(responses), (method, path)
            assert ("{" in path) <= ("404" in responses), (method, path)
            assert told["security"] == [{"Bearer": []}]
            for status, response in responses.items():
                kinds = list(response.get("content", {}))
                wanted = ["application/problem+json"] if status >= "400" else ["application/json"]
                assert kinds == ([] if status == "204" else wanted), (method, path, status)


def test_the_page_loads_nothing_from_elsewhere_and_has_no_inline_script(api: Counter) -> None:
    answer = api.get("/docs", key=None)
    page = answer.body.decode()
    addresses = re.findall(r'(?:src|href|data-document)="([^"]*)"', page)
    assert len(addresses) >= 5
    assert all(address.startswith("/") and not address.startswith("//") for address in addresses)
    assert re.findall(r"<script(?![^>]*\ssrc=)", page) == []
    assert (
        "style=" not in page and "<style" not in page and " on" not in re.sub(r"[\w-]+\.on", "", page.split("<body")[0])
    )
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe-inline" not in policy.split("style-src")[0]
    assert "http" not in policy


def test_what_the_page_loads_is_there_and_asks_no_other_host(api: Counter) -> None:
    from django.test import Client

    page = api.get("/docs", key=None).body.decode()
    for address in re.findall(r'(?:src|href)="(/static/[^"]*)"', page):
        answer = Client(SERVER_NAME="localhost").get(address)
        assert answer.status_code == 200, address
    own = b"".join(Client(SERVER_NAME="localhost").get("/static/api/docs.js").streaming_content)
    assert b"validatorUrl: null" in own
    assert b"//" not in own.replace(b"// The page", b"")


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from _references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _references(inner)


def _schemas(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from document["components"]["schemas"].values()
    for found in document["paths"].values():
        for told in found.values():
            yield from (parameter["schema"] for parameter in told["parameters"])
            if "requestBody" in told:
                yield told["requestBody"]["content"]["application/json"]["schema"]
