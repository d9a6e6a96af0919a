"""Settings: where they come from, who wins, and that each is an option with a heading and a sentence."""

import inspect
import json
from pathlib import Path

import msgspec
import pytest

from clicktrail.commands import serve
from clicktrail.commands.options import GROUPS
from clicktrail.errors import SettingsError
from clicktrail.settings import Settings, docs, environ_of, load, names, parse_address, shown


def write(data: Path, text: str) -> None:
    data.mkdir(exist_ok=True)
    (data / "clicktrail.toml").write_text(text)


def test_the_later_source_wins(tmp_path: Path) -> None:
    write(tmp_path, 'workers = 2\nnode = 20\nprefix = "AB"\n')
    environ = {"CLICKTRAIL_WORKERS": "3", "CLICKTRAIL_NODE": "30"}
    settings = load(tmp_path, environ, workers=4)
    assert (settings.workers, settings.node, settings.prefix) == (4, 30, "AB")
    assert settings.edge == "127.0.0.1:8400", "and what nobody says is the default"


OTHERS: dict[str, object] = {
    "edge": "0.0.0.0:80", "console": "[::1]:81", "workers": 3, "node": 20, "public_url": "https://track.example",
    "database": "postgresql://db/clicktrail", "prefix": "AB", "trusted_proxies": ("10.0.0.0/8", "::1/128"),
    "status_networks": ("192.168.0.0/16",), "ip_privacy": "drop", "user_agent_days": 0, "referrer_days": 1,
    "extra_days": 2, "journal_retention_days": 3, "journal_max_bytes": 4096, "journal_max_age_s": 60,
    "batch_max_events": 5, "queue_max_events": 6, "sync_patience_ms": 7, "verdict_patience_ms": 8,
    "idle_timeout_s": 9, "header_timeout_s": 11, "drain_timeout_s": 12, "max_connections": 13,
    "max_request_line_bytes": 14, "max_header_bytes": 15, "max_body_bytes": 16, "console_threads": 17,
    "require_second_factor": True, "partner_signup": False, "api_requests_per_minute": 19,
    "unproven_verdicts_per_hour": 25,
    "client_ip_header": "CF-Connecting-IP", "client_ip_networks": ("203.0.113.0/24",),
    "courier_networks": ("10.1.0.0/16",), "postback_networks": ("10.2.0.0/16",),
    "courier_ports": ("8443",), "delivery_days": 21, "idempotency_hours": 22,
    "order_list_days": 23, "reconcile_days": 24,
    "smtp_host": "localhost", "smtp_port": 25, "smtp_security": "tls", "smtp_user": "anna", "smtp_password": "secret",
    "smtp_timeout_s": 18, "mail_from": "a@x.example", "mail_to": ("b@x.example", "c@x.example"), "log_level": "debug",
}  # fmt: skip
"""Another value than the default for each setting."""


@pytest.mark.parametrize("name", sorted(set(names()) - {"data"}))
def test_every_setting_may_come_from_the_file_a_variable_or_an_option(tmp_path: Path, name: str) -> None:
    value = OTHERS[name]
    assert value != getattr(load(tmp_path, {}), name)
    text = ",".join(value) if isinstance(value, tuple) else str(value)
    assert getattr(load(tmp_path, {f"CLICKTRAIL_{name.upper()}": text}), name) == value
    assert getattr(load(tmp_path, {}, **{name: list(value) if isinstance(value, tuple) else text}), name) == value
    write(tmp_path, f"{name} = {json.dumps(value)}\n")
    assert getattr(load(tmp_path, {}), name) == value


def test_an_option_that_was_not_given_does_not_win(tmp_path: Path) -> None:
    assert load(tmp_path, {"CLICKTRAIL_WORKERS": "3"}, workers=None).workers == 3


def test_lists_are_separated_by_commas_outside_the_file(tmp_path: Path) -> None:
    environ = {"CLICKTRAIL_TRUSTED_PROXIES": "10.0.0.0/8, 192.168.0.0/16"}
    assert load(tmp_path, environ).trusted_proxies == ("10.0.0.0/8", "192.168.0.0/16")
    write(tmp_path, 'trusted_proxies = ["10.0.0.0/8"]\n')
    assert load(tmp_path, {}).trusted_proxies == ("10.0.0.0/8",)


def test_other_variables_are_none_of_our_business(tmp_path: Path) -> None:
    assert load(tmp_path, {"CLICKTRAIL_TEST_FAULTS": "1", "CLICKTRAIL_DATA": "elsewhere"}).data == tmp_path


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"workers": "0"}, ("workers", "command line", ">= 1")),
        ({"workers": "many"}, ("workers", "command line")),
        ({"prefix": "qc1"}, ("prefix", "Two capital letters")),
        ({"edge": "8400"}, ("edge", "HOST:PORT")),
        ({"console": "localhost:port"}, ("console", "HOST:PORT")),
        ({"edge": "localhost:70000"}, ("edge", "HOST:PORT")),
        ({"trusted_proxies": ["10.0.0.0/99"]}, ("trusted_proxies", "10.0.0.0/99")),
        ({"ip_privacy": "some"}, ("ip_privacy", "keep, truncate")),
        ({"node": "990", "workers": "20"}, ("node", "workers", "1000")),
        ({"node": "1001", "workers": "3"}, ("node", "workers", "1001")),
        ({"client_ip_header": "CF_Connecting_IP"}, ("client_ip_header", "CF-Connecting-IP")),
        ({"client_ip_header": "X-Forwarded-For"}, ("client_ip_header", "trusted_proxies")),
        ({"client_ip_networks": ["cdn"]}, ("client_ip_networks", "cdn")),
        ({"colour": "red"}, ("colour", "serve --help")),
    ],
)
def test_a_wrong_setting_is_named_with_its_source_and_its_mend(
    tmp_path: Path, given: dict[str, object], words: tuple[str, ...]
) -> None:
    with pytest.raises(SettingsError) as fault:
        load(tmp_path, {}, **given)
    assert all(word in str(fault.value) for word in words), str(fault.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_file_that_windows_saved_is_read(tmp_path: Path, encoding: str, end: str) -> None:
    (tmp_path / "clicktrail.toml").write_bytes(f'workers = 4{end}prefix = "AB"{end}'.encode(encoding))
    assert (load(tmp_path, {}).workers, load(tmp_path, {}).prefix) == (4, "AB")


def test_a_file_in_another_encoding_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "clicktrail.toml").write_bytes("# f\xfcr\nworkers = 4\n".encode("cp1252"))
    with pytest.raises(SettingsError, match=r"clicktrail\.toml cannot be read: save it as UTF-8"):
        load(tmp_path, {})


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    write(tmp_path, "workers = \n")
    with pytest.raises(SettingsError, match=r"clicktrail\.toml"):
        load(tmp_path, {})


def test_a_wrong_value_in_the_file_names_the_file(tmp_path: Path) -> None:
    write(tmp_path, "workers = -1\n")
    with pytest.raises(SettingsError, match=r"workers \(from clicktrail\.toml\)"):
        load(tmp_path, {})


def test_a_child_process_gets_the_same_settings(tmp_path: Path) -> None:
    settings = load(
        tmp_path, {}, workers=3, trusted_proxies=["10.0.0.0/8", "::1/128"], public_url="https://track.example", node=7
    )
    write(tmp_path, "workers = 9\n")
    assert load(tmp_path, environ_of(settings)) == settings


def test_the_log_shows_what_was_changed_and_no_password(tmp_path: Path) -> None:
    settings = load(tmp_path, {}, workers=2, database="postgresql://anna:pa@ss:word@db:5432/clicktrail")
    assert shown(settings) == {"workers": 2, "database": "postgresql://anna:…@db:5432/clicktrail"}
    assert shown(load(tmp_path, {}, database="postgresql://db/clicktrail")) == {
        "database": "postgresql://db/clicktrail"
    }


@pytest.mark.parametrize(
    ("text", "address"),
    [("127.0.0.1:8400", ("127.0.0.1", 8400)), ("[::1]:0", ("::1", 0)), ("track.example:80", ("track.example", 80))],
)
def test_addresses(text: str, address: tuple[str, int]) -> None:
    assert parse_address(text, "edge") == address


def test_every_setting_is_explained_has_a_heading_and_is_an_option_of_serve() -> None:
    settable = set(names()) - {"data"}
    headed = [name for members in GROUPS.values() for name in members]
    assert set(docs()) == set(names())
    assert sorted(headed) == sorted(settable)
    assert set(inspect.signature(serve.serve).parameters) == {"data", *settable}


def test_names_carry_their_unit() -> None:
    """A number is a count (workers, threads, connections), an id, or says what it counts in its last word."""
    units = ("ms", "s", "days", "bytes", "events", "workers", "node", "threads", "connections", "port")
    units += ("hours", "hour", "minute")
    numbers = [f.name for f in msgspec.structs.fields(Settings) if type(f.default) is int]
    assert numbers
    assert [n for n in numbers if n.rpartition("_")[2] not in units] == []
