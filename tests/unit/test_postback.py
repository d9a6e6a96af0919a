"""Calls from bytes to typed facts: joined, cleaned, and unable to fail."""

import gzip
import json
import zlib

import pytest

from clicktrail.core.access import Proofs
from clicktrail.core.faults import MANY_CALLS
from clicktrail.core.postback import (
    MAX_PARAMS,
    MAX_TEXT,
    MAX_UNPACKED_BYTES,
    TOO_MANY,
    Postback,
    from_params,
    read,
    read_as_sent,
)
from clicktrail.core.requestbody import (
    NOT_A_FORM,
    NOT_AN_OBJECT,
    NOT_JSON,
    NOT_MULTIPART,
    NOT_UNPACKED,
    TOO_LARGE,
    UNKNOWN_COMPRESSION,
)
from clicktrail.core.secretnames import HIDDEN, is_secret

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
        (b"tid=a%00b", {"tid": "a\ufffdb"}),
        (b"=x&&tid=%41&", {"tid": "A"}),
        (b"t%69d=A", {"tid": "A"}),
        (b"tid=%C3%BC\xc3\xbc", {"tid": "üü"}),
        (b"tid=%FC", {"tid": "ü"}),
        (b"tid=\xfc", {"tid": "ü"}),
        (b"tid=M%FCller-1", {"tid": "Müller-1"}),
        (b"tid=M%F6ller-1", {"tid": "Möller-1"}),
        (b"tid=10%80", {"tid": "10€"}),
        (b"tid=%80%E2%82%AC", {"tid": "€â‚¬"}),
        (b"%FC=%FC&tid=%C3%BC", {"ü": "ü", "tid": "ü"}),
        (b"tid=x%81y", {"tid": "x\x81y"}),
        (b"tid=%00a\0", {"tid": "a"}),
        (b"tid=%ED%A0%80", {"tid": "í\xa0€"}),
        (b"tid=%C0%80", {"tid": "À€"}),
        (b"tid=%F0%9F%98%80", {"tid": "😀"}),
        (b"tid=%zz%4", {"tid": "%zz%4"}),
        (b"%00=%00", {}),
        (b"umsatz=95%2C50", {"umsatz": "95,50"}),
        # Invisible characters around names and values.
        (b"tid=T%20&pid=+7", {"tid": "T", "pid": "7"}),
        (b"umsatz=10.50%20&clickid=%0aQC1%0d%0a", {"umsatz": "10.50", "clickid": "QC1"}),
        (b"pid=7%E2%80%8B&tid=%EF%BB%BFT%C2%AD", {"pid": "7", "tid": "T"}),
        (b"pid=7%A0", {"pid": "7"}),
        (b"+tid%20=T&%EF%BB%BFcpid=1", {"tid": "T", "cpid": "1"}),
        (b"tid=%20&x=+", {"tid": "", "x": ""}),
        (b"tid=T%20%201", {"tid": "T  1"}),
        # Separators.
        (b"cpid=1&amp;tid=T&amp;umsatz=10", {"cpid": "1", "tid": "T", "umsatz": "10"}),
        (b"cpid=1&amp;amp;tid=T", {"cpid": "1", "tid": "T"}),
        (
            b"cpid=1&AMP;tid=T&#38;pid=7&#038;wmid=1&#x26;x=y",
            {"cpid": "1", "tid": "T", "pid": "7", "wmid": "1", "x": "y"},
        ),
        (b"cpid=1&amp%3Btid=T&amp%3bpid=7", {"cpid": "1", "tid": "T", "pid": "7"}),
        (b"cpid=1;tid=T;umsatz=10", {"cpid": "1", "tid": "T", "umsatz": "10"}),
        (b"cpid=1;tid=T;foo=bar;", {"cpid": "1", "tid": "T", "foo": "bar"}),
        (b";cpid=1;;tid=A;B;;;foo=bar;;", {"cpid": "1", "tid": "A;B", "foo": "bar"}),
        (b"a;b=1;c=2", {"a": "", "b": "1", "c": "2"}),
        (b"cpid=1;tid=T;subid=a;b;pid=7", {"cpid": "1", "tid": "T", "subid": "a;b", "pid": "7"}),
        (b"cpid=1;tid=T&clickid=QC1", {"cpid": "1", "tid": "T", "clickid": "QC1"}),
        (b"cpid=1&tid=A;B", {"cpid": "1", "tid": "A;B"}),
        (b"cpid=1&tid=A;", {"cpid": "1", "tid": "A;"}),
        (b"cpid=1&tid=A;x=1", {"cpid": "1", "tid": "A;x=1"}),
        (b"cpid=1&tid=A%3Bpid=3", {"cpid": "1", "tid": "A;pid=3"}),
        (b"cpid=1&tid=A;pid=3&pid=7", {"cpid": "1", "tid": "A;pid=3", "pid": "7"}),
        (b"cpid=1&subid=a;pid=9", {"cpid": "1", "subid": "a;pid=9"}),
        (b"cpid=1&ref=https://x.example/?a=1;pid=3", {"cpid": "1", "ref": "https://x.example/?a=1;pid=3"}),
        (b"cpid=1&note=a;tid=3", {"cpid": "1", "note": "a;tid=3"}),
        # Names in any case, where no exact one stands beside them.
        (b"TID=A", {"tid": "A"}),
        (b"CPID=1&Tid=A&ClickID=x&UmSatz=5", {"cpid": "1", "tid": "A", "clickid": "x", "umsatz": "5"}),
        (b"TID=A&tid=B", {"TID": "A", "tid": "B"}),
        (b"tid=B&TID=A", {"TID": "A", "tid": "B"}),
        (b"tid=&TID=A", {"tid": "A"}),
        (b"Foo=A", {"Foo": "A"}),
        # A ClickID in any case.
        (b"clickid=qc423840809685489623456289367", {"clickid": "QC423840809685489623456289367"}),
        (b"clickid=Qc423840809685489623456289367%20", {"clickid": "QC423840809685489623456289367"}),
        (b"clickid=abc", {"clickid": "abc"}),
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
        (b'{"tid": "B", "umsatz": 5}', b"text/json"),
        (b'{"tid": "B", "umsatz": 5}', b"text/x-json; charset=utf-8"),
        (b'{"tid": "B", "umsatz": 5}', b"application/x-json"),
        (b'{"tid": "B", "umsatz": 5}', b"application/javascript"),
        (b'[{"tid": "B", "umsatz": 5}]', JSON),
        (b' [ {"tid": "B", "umsatz": 5}]', FORM),
        ('{"tid": "B", "umsatz": 5}'.encode("utf-16"), JSON),
        ('{"tid": "B", "umsatz": 5}'.encode("utf-16-le"), JSON),
        ("\ufefftid=B&umsatz=5".encode(), FORM),
        ("tid=B&umsatz=5".encode("utf-16"), FORM),
        (b"tid=B\r\numsatz=5\r\n", b"text/plain"),
        (b"tid=B&amp;umsatz=5", FORM),
        (b"tid=B;umsatz=5", FORM),
        (b"TID=B&Umsatz=5", FORM),
        (b"tid=B%20&umsatz=%095", FORM),
        (b'{" tid": "B ", "umsatz": "5\\u200b"}', JSON),
        (b"tid=B&umsatz=5", b"application/x-url-urlencoded"),
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


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"tid=M%FCller", FORM),
        ("tid=Müller".encode("cp1252"), FORM),
        ("tid=Müller".encode("cp1252"), FORM + b"; charset=windows-1252"),
        ("tid=Müller".encode("iso-8859-15"), b"text/plain; charset=ISO-8859-15"),
        ("tid=Müller".encode(), FORM + b"; charset=iso-8859-1"),
        ('{"tid": "Müller"}'.encode("cp1252"), JSON),
        (
            '--x\r\nContent-Disposition: form-data; name="tid"\r\n\r\nMüller\r\n--x--'.encode("cp1252"),
            b"multipart/form-data; boundary=x",
        ),
    ],
)
def test_bodies_in_windows_1252(body: bytes, kind: bytes) -> None:
    assert read(b"", body, kind) == ({"tid": "Müller"}, "")


CALL = b"tid=B&umsatz=5"
RAW_DEFLATE = zlib.compress(CALL)[2:-4]


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(CALL, mtime=0), b"gzip"),
        (gzip.compress(CALL, mtime=0), b" X-GZIP "),
        (gzip.compress(CALL, mtime=0), b""),
        (zlib.compress(CALL), b"deflate"),
        (RAW_DEFLATE, b"deflate"),
        (CALL, b"identity"),
    ],
)
def test_compressed_bodies(body: bytes, encoding: bytes) -> None:
    assert read(b"cpid=1", body, FORM, None, encoding) == ({"cpid": "1", "tid": "B", "umsatz": "5"}, "")


@pytest.mark.parametrize(
    ("body", "encoding", "fault"),
    [
        (CALL, b"gzip", NOT_UNPACKED),
        (gzip.compress(CALL, mtime=0)[:-9], b"gzip", NOT_UNPACKED),
        (CALL, b"deflate", NOT_UNPACKED),
        (CALL, b"br", UNKNOWN_COMPRESSION),
        (CALL, b"zstd", UNKNOWN_COMPRESSION),
        (CALL, b"gzip, br", UNKNOWN_COMPRESSION),
        (gzip.compress(b"a" * (MAX_UNPACKED_BYTES + 1), mtime=0), b"gzip", TOO_LARGE),
        (gzip.compress(b"\0" * 50_000_000, mtime=0), b"", TOO_LARGE),
    ],
)
def test_a_compressed_body_that_cannot_be_read(body: bytes, encoding: bytes, fault: str) -> None:
    assert read(b"cpid=1", body, FORM, None, encoding) == ({"cpid": "1"}, fault)


def test_what_was_sent_is_known_for_the_signature() -> None:
    assert read_as_sent(b"TID=T%20&amp;pid=7&sig=x&token=t+", b'{"umsatz": " 5"}', JSON) == {
        "tid": "T ",
        "pid": "7",
        "sig": "x",
        "token": "t ",
        "umsatz": " 5",
    }
    assert read_as_sent(b"tid=T", b"{", JSON) == {"tid": "T"}


def test_hidden_values_follow_their_names() -> None:
    secrets: dict[str, str] = {}
    assert read(b"token%20=abc&Token=x&tid=1", secrets=secrets) == ({"token": HIDDEN, "Token": HIDDEN, "tid": "1"}, "")
    assert secrets == {"token": "abc", "Token": "x"}


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
        ("1e3", "1000"),
        ("1e2", "100"),
        ("1.5E+1", "15"),
        ("955e-1", "95.5"),
        ('"1e3"', "1e3"),
        ("1e21", "1e21"),
        ("1e-999999999", "1e-999999999"),
        ("-5", "-5"),
        ('"95,50"', "95,50"),
        ("true", "1"),
        ("false", "0"),
        ("null", ""),
        ('""', ""),
        ('"\\u0000x"', "x"),
        ('"x\\u0000x"', "x\ufffdx"),
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
        (b"[]", JSON, NOT_AN_OBJECT),
        (b'[{"tid": 1}, {"tid": 2}]', JSON, MANY_CALLS.format(count=2)),
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
