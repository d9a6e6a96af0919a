"""Settings without effect, and stars that old catalogs hold: named at the start, by status and by doctor."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.cast import CATALOG, with_program
from support.edges import Edge
from support.server import Server

from clicktrail import catalogfile, configcheck
from clicktrail.settings import Settings

HEADER = "client_ip_header (CF-Connecting-IP) is ignored"
STAR = '"*.com:8443" in deeplink_hosts'


def with_an_old_star(server: Server) -> None:
    folder = server.data / "catalog"
    catalog = catalogfile.read(folder / catalogfile.CURRENT)
    programs = {id: replace(program, deeplink_hosts=("*.com:8443",)) for id, program in catalog.programs.items()}
    catalogfile.write(folder, replace(catalog, programs=programs))


def test_the_start_status_and_doctor_warn(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", environ={"CLICKTRAIL_CLIENT_IP_HEADER": "CF-Connecting-IP"})
    server.init()
    with_an_old_star(server)
    try:
        server.start()
        logged = [line["warning"] for line in server.log("configuration")]
        told = [warning for warning in json.loads(server.run("status", "--json"))["warnings"] if "chmod" not in warning]
        assert told == logged
        assert [words in warning for words, warning in zip((HEADER, STAR), logged, strict=True)] == [True, True]
        assert "Program 1 (" in logged[1] and "clicktrail catalog apply" in logged[1]
        doctor = server.ended("doctor", "--edge", server.edge_url).stderr
        assert all(warning in text for warning in logged for text in (server.run("status"), doctor))
    finally:
        server.close()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, []),
        ({"client_ip_header": "CF-Connecting-IP", "client_ip_networks": ("203.0.113.0/24",)}, []),
        ({"client_ip_header": "CF-Connecting-IP"}, ["list the networks of the CDN"]),
        ({"client_ip_networks": ("203.0.113.0/24",)}, ["name the CDN's header"]),
    ],
)
def test_one_setting_without_the_other(tmp_path: Path, settings: dict[str, object], words: list[str]) -> None:
    found = configcheck.warnings(Settings(data=tmp_path, **settings))  # type: ignore[arg-type]
    assert [word in warning for word, warning in zip(words, found, strict=True)] == [True] * len(words)


@pytest.mark.parametrize(
    ("hosts", "named"),
    [
        (("shop.example", "*.shop.example", "com", "*.me.github.io:8443"), []),
        (("*.com", "shop.example", "*.co.uk"), ["*.com", "*.co.uk"]),
        (("*.github.io:8443",), ["*.github.io:8443"]),
    ],
)
def test_each_star_below_a_name_of_everybody(tmp_path: Path, hosts: tuple[str, ...], named: list[str]) -> None:
    settings = Settings(data=tmp_path)
    catalogfile.write(settings.catalog_folder, with_program(deeplink_hosts=hosts))
    found = configcheck.warnings(settings)
    assert [warning.split('"')[3] for warning in found] == named
    assert all('Program 1 ("Shop")' in warning for warning in found)


@pytest.mark.parametrize("content", [None, b"", b"\xff"])
def test_a_missing_or_damaged_catalog_is_reported_elsewhere(tmp_path: Path, content: bytes | None) -> None:
    settings = Settings(data=tmp_path)
    if content is not None:
        settings.catalog_folder.mkdir()
        (settings.catalog_folder / catalogfile.CURRENT).write_bytes(content)
    assert configcheck.warnings(settings) == []


def test_such_a_header_is_ignored(tmp_path: Path) -> None:
    with Edge(tmp_path, catalog=CATALOG, client_ip_header="CF-Connecting-IP", ip_privacy="keep") as edge:
        edge.get("/go.cgi?cpid=1&pid=7", CF_Connecting_IP="192.0.2.7")
        assert [click.ip for click in edge.clicks()] == ["127.0.0.1"]
