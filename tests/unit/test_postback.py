"""Calls from bytes to typed facts: joined, cleaned, and unable to fail."""

import json

import pytest

from clicktrail.core.access import Proofs
from clicktrail.core.postback import (
    HIDDEN,
    MAX_PARAMS,
    MAX_TEXT,
    NOT_A_FORM,
    NOT_AN_OBJECT,
    NOT_JSON,
    NOT_MULTIPART,
    TOO_MANY,
    Postback,
    from_params,
    is_secret,
    read,
)

FORM = b"application/x-www-form-urlencoded"
JSON = b"application/json"


@pytest.mark.parametrize(
    ("query", "params"),
    [
        (b"", {}),
        (b"cpid=1&tid=A", {"cpid": "1", "tid": "A"}),
        (b"tid=A&tid=B", {"tid": "B"}),
        (b"tid=A&tid=", {"tid": ""}),
        (b"tid", {"tid": ""}),
        (b"tid=", {"tid": ""}),
        (b"=x&&tid=A&", {"tid": "A"}),
        (b"tid=a=b", {"tid": "a=b"}),
        (b"tid=a+b%20c%2Bd", {"tid": "a b c+d"}),
        (b"tid=a+b", {"tid": "a b"}),
        (b"tid=a%20b", {"tid": "a b"}),
        (b"tid=a\0b", {"tid": "a\ufffdb"}),
        (b"=x&&tid=%41&", {"tid": "A"}),
        (b"t%69d=A", {"tid": "A"}),
        (b"tid=%C3%BC\xc3\xbc", {"tid": "üü"}),
        (b"tid=M%FCller-1", {"tid": "Müller-1"}),
        (b"tid=M%F6ller-1", {"tid": "Möller-1"}),
        (b"tid=\xfc", {"tid": "ü"}),
        (b"tid=%80%E2%82%AC", {"tid": "€â‚¬"}),
        (b"tid=%81%8D", {"tid": "\x81\x8d"}),
        (b"%FC=%FC&tid=%C3%BC", {"ü": "ü", "tid": "ü"}),
        (b"tid=%00a\0", {"tid": "\ufffda\ufffd"}),
        (b"tid=%ED%A0%80", {"tid": "í\xa0€"}),
        (b"tid=%C0%80", {"tid": "À€"}),
        (b"tid=%F0%9F%98%80", {"tid": "😀"}),
        (b"tid=%zz%4", {"tid": "%zz%4"}),
        (b"%00=%00", {"\ufffd": "\ufffd"}),
        (b"umsatz=95%2C50", {"umsatz": "95,50"}),
        (b"a;b=1;c=2", {"a;b": "1;c=2"}),
        (b"TID=A", {"TID": "A"}),
    ],
)
def test_addresses(query: bytes, params: dict[str, str]) -> None:
    assert read(query) == (params, "")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"tid=B&umsatz=5", FORM),
        (b"tid=A&tid=B&umsatz=5\r\n", FORM + b"; charset=UTF-8"),
        (b"tid=B&umsatz=5", b"text/plain;charset=UTF-8"),
        (b"tid=B&umsatz=5", b""),
        (b'{"tid": "B", "umsatz": 5}', JSON),
        (b'{"tid": "B", "umsatz": 5}', b" Application/JSON ; charset=utf-8"),
        (b'{"tid": "B", "umsatz": 5}', b"application/vnd.shop+json"),
        (b'\xef\xbb\xbf{"tid": "B", "umsatz": 5}', JSON),
        (b' {"tid": "A", "tid": "B", "umsatz": 5}', FORM),
        (b'{"tid": "B", "umsatz": 5}', b"text/plain"),
        (
            b'--x y\r\nContent-Disposition: form-data; name="tid"\r\n\r\nB\r\n--x y\r\n'
            b'Content-Disposition: form-data; name="umsatz"\r\nContent-Type: text/plain\r\n\r\n5\r\n--x y--\r\n',
            b'multipart/form-data; boundary="x y"',
        ),
        (
            b'--x\r\ncontent-disposition: form-data; name="tid"\r\n\r\nB\r\n--x\r\n'
            b'Content-Disposition: form-data; name="upload"; filename="a.txt"\r\n\r\n\0\xff\r\n--x\r\n'
            b'Content-Disposition: form-data; name="umsatz"\r\n\r\n5\r\n--x--',
            b"multipart/form-data; boundary=x",
        ),
    ],
)
def test_the_body_wins_over_the_address(body: bytes, kind: bytes) -> None:
    assert read(b"cpid=1&tid=Q", body, kind) == ({"cpid": "1", "tid": "B", "umsatz": "5"}, "")


def test_an_empty_value_in_the_body_wins_and_counts_as_left_out() -> None:
    params, fault = read(b"cpid=1&pid=7", b"pid=", FORM)
    assert params == {"cpid": "1", "pid": ""}
    assert from_params(params, fault).pid is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("95.50", "95.50"),
        ("95.5", "95.5"),
        ("80.25210084033614", "80.25210084033614"),
        ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
        ("9007199254740993", "9007199254740993"),
        ("9" * 6000, "9" * 6000),
        ("1e3", "1e3"),
        ("-5", "-5"),
        ('"95,50"', "95,50"),
        ("true", "1"),
        ("false", "0"),
        ("null", ""),
        ('""', ""),
        ('"\\u0000x"', "\ufffdx"),
        ('"\\ud800x"', "\ufffdx"),
        ('"\\ud83d\\ude00"', "😀"),
        ('"a\nb"', "a\nb"),
        ('["a", 1.50, null, true]', '["a",1.50,null,true]'),
        ('{"b": {"c": [1, "\\ud800"]}, "a": 2e5}', '{"b":{"c":[1,"\ufffd"]},"a":2e5}'),
        ("[]", "[]"),
        ('["\\u0000"]', '["\ufffd"]'),
    ],
)
def test_json_values_by_their_digits(value: str, text: str) -> None:
    assert read(b"", f'{{"x": {value}}}'.encode(), JSON) == ({"x": text}, "")


@pytest.mark.parametrize(
    ("body", "kind", "fault"),
    [
        (b"{", JSON, NOT_JSON),
        (b"tid=1", JSON, NOT_JSON),
        (b"{'tid': 1}", JSON, NOT_JSON),
        (b'{"tid": NaN}', JSON, NOT_JSON),
        (b'{"tid": Infinity}', JSON, NOT_JSON),
        (b'{"tid": 1} x', JSON, NOT_JSON),
        (b'{"a":' * 50_000, JSON, NOT_JSON),
        (b'{"a":' * 9000 + b"1" + b"}" * 9000, JSON, NOT_JSON),
        (b'{"tid": 1', FORM, NOT_JSON),
        (b"[1]", JSON, NOT_AN_OBJECT),
        (b"null", JSON, NOT_AN_OBJECT),
        (b'"tid=1"', JSON, NOT_AN_OBJECT),
        (b"12", JSON, NOT_AN_OBJECT),
        (b"<tid>1</tid>", b"application/xml", NOT_A_FORM),
        (b"tid=1", b"image/gif", NOT_A_FORM),
        (b"tid=1", b"multipart/form-data", NOT_MULTIPART),
        (b"tid=1", b"multipart/form-data; boundary=x", NOT_MULTIPART),
        (
            b'--x\r\nContent-Disposition: form-data; name="tid"\r\n\r\n1',
            b"multipart/form-data; boundary=x",
            NOT_MULTIPART,
        ),
        (b"&".join(b"p%d=1" % n for n in range(MAX_PARAMS + 1)), FORM, TOO_MANY),
    ],
)
def test_a_body_that_cannot_be_read(body: bytes, kind: bytes, fault: str) -> None:
    """What the address says is kept, so that the log shows whose call it was."""
    params, found = read(b"cpid=1&tid=Q", body, kind)
    assert found == fault
    assert (params["cpid"], params["tid"]) == ("1", "Q")
    assert from_params(params, found).fault == fault


@pytest.mark.parametrize("kind", [b"", FORM, JSON, b"application/xml", b"multipart/form-data", b"\xff;\0"])
def test_an_empty_body_is_no_fault(kind: bytes) -> None:
    assert read(b"tid=1", b"", kind) == ({"tid": "1"}, "")


def test_a_form_without_fields_is_no_fault() -> None:
    assert read(b"tid=1", b"--x--\r\n", b"multipart/form-data; boundary=x") == ({"tid": "1"}, "")


def test_parameters_without_end_are_cut() -> None:
    params, fault = read(b"&".join(b"p%d=1" % n for n in range(5000)) + b"&cpid=1")
    assert (len(params), fault) == (MAX_PARAMS, TOO_MANY)


@pytest.mark.parametrize(
    "name",
    ["key", "KEY", "api_key", "apiKey", "API-KEY", "x.token", "access_token", "accessToken", "sig", "X-Signature"]
    + ["secret", "client_secret", "password", "Passwort", "pwd", "auth", "Authorization", "hmac", "jwt", "APIKey"],
)
def test_secrets_are_never_kept(name: str) -> None:
    assert is_secret(name)
    query = f"{name}=S3CRET&tid=1".encode()
    body = json.dumps({"x": {name: "S3CRET"}, name: {"deep": "S3CRET"}, "list": [{name: ["S3CRET"]}]}).encode()
    for kind in (JSON, FORM):
        params, _ = read(query, body, kind)
        assert "S3CRET" not in str(params)
        assert params[name] == HIDDEN


@pytest.mark.parametrize(
    "name",
    ["cpid", "tid", "clickid", "produkt", "umsatz", "pid", "subid", "wmid", "nocheck", "format", "call"]
    + ["keyword", "monkey", "design", "author", "tokenized", "passenger", "signal", ""],
)
def test_other_names_are_kept(name: str) -> None:
    assert not is_secret(name)


def test_a_secret_without_a_value_hides_nothing() -> None:
    assert read(b"key=&token") == ({"key": "", "token": ""}, "")


def test_typed_facts() -> None:
    params = {
        "cpid": "1",
        "tid": "A-1",
        "clickid": "QC1",
        "produkt": "Sale",
        "umsatz": "95.50",
        "pid": "7",
        "subid": "x",
        "wmid": "11",
        "nocheck": "1",
        "other": "y",
    }
    assert from_params(params) == Postback("1", "A-1", "QC1", "Sale", "95.50", "7", "x", "11", True)


def test_an_empty_value_counts_as_left_out() -> None:
    names = ("cpid", "tid", "clickid", "produkt", "umsatz", "pid", "subid", "wmid", "nocheck")
    assert from_params(dict.fromkeys(names, "")) == from_params({}) == Postback()


@pytest.mark.parametrize(
    ("value", "nocheck"), [("1", True), ("", False), ("0", False), ("true", False), ("yes", False), ("11", False)]
)
def test_nocheck_is_1_or_nothing(value: str, nocheck: bool) -> None:
    assert from_params({"nocheck": value}).nocheck is nocheck


@pytest.mark.parametrize("name", ["cpid", "tid", "clickid", "produkt", "pid", "subid", "wmid"])
def test_a_text_that_is_too_long(name: str) -> None:
    assert MAX_TEXT == 255
    assert from_params({name: "ü" * MAX_TEXT}).fault == ""
    assert name in from_params({name: "ü" * (MAX_TEXT + 1)}).fault


def test_an_amount_may_have_any_number_of_decimals() -> None:
    assert from_params({"umsatz": "80." + "3" * 500}).fault == ""


def test_other_parameters_may_be_long() -> None:
    assert from_params({"note": "x" * 5000}).fault == ""


def test_proof_that_is_missing() -> None:
    assert from_params({}, proofs=Proofs(signed_by=3)).proofs.trusted
