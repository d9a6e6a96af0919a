"""`catalog apply` and `catalog show`: a set-up as a file."""

import io
import re
from pathlib import Path

import pytest
from support.folder import fresh

from clicktrail import catalogfile
from clicktrail.commands.catalog import apply_file, show_catalog
from clicktrail.core.access import Access
from clicktrail.errors import CatalogError
from clicktrail.settings import Settings

WHOLE = """\
# A set-up with everything in it.
[[program]]
id = 1
name = "Garden shop"
currency = "EUR"
time_zone = "Europe/Berlin"
default_product = "Sale"
deeplink_hosts = [
  "shop.example",  # our shop
  "*.Shop.example:8443",
]

[[program.product]]
name = "Sale"
percent = "10"

[[program.product]]
name = "Lead"
fixed = "2.50"

[[program.target]]
alias = "default"
url = "https://shop.example/?id=<% CLICKID %>"

[[program.creative]]
id = 7
name = "Banner \\"spring\\" \\u0007"
product = "Lead"
state = "paused"

[[program]]
id = 5
name = "Yen shop"
currency = "JPY"
time_zone = "Asia/Kolkata"
click_lifetime_days = 7
click_parameter = "cid"
  [[program.product]]
  name = "Only"
  fixed = "500"
  [[program.target]]
  alias = "default"
  url = "https://yen.example/"

[[partner]]
id = 3
name = "Anna"

[[partner.approval]]
program = 1
products = ["Sale", "Lead"]

[[partner.approval]]
program = 5
products = ["*"]

[[partner.rate]]
program = 1
product = "Sale"
percent = "12.5"
"""

PROGRAM = """[[program]]
id = 8
name = "Another"
currency = "EUR"
time_zone = "UTC"
[[program.target]]
alias = "default"
url = "https://another.example/"
"""

ONE = "[[program]]\nid = 1\n"
SALE = ONE + '[[program.product]]\nname = "Sale"\n'
TARGET = ONE + '[[program.target]]\nalias = "x"\n'
APPROVAL = "[[partner]]\nid = 2\n[[partner.approval]]\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return fresh(tmp_path)


def load(settings: Settings, text: str) -> list[str]:
    file = settings.data / "setup.toml"
    file.write_text(text, encoding="utf-8")
    return apply_file(settings, file)


def refusal(settings: Settings, text: str) -> list[str]:
    """The lines of the refusal; nothing may have changed by it."""
    before, published = show_catalog(settings), current(settings)
    with pytest.raises(CatalogError) as refused:
        load(settings, text)
    assert (show_catalog(settings), current(settings)) == (before, published)
    return str(refused.value).splitlines()


def current(settings: Settings) -> object:
    return catalogfile.read(settings.catalog_folder / catalogfile.CURRENT)


def test_a_whole_set_up_is_loaded_and_published(settings: Settings) -> None:
    done = load(settings, WHOLE)
    catalog = catalogfile.read(settings.catalog_folder / catalogfile.CURRENT)
    assert done[-1] == f"catalog {catalog.version} is published"
    program = catalog.programs[5]
    assert (program.decimals, program.default_product, program.rollup_minutes) == (0, "Only", 30)
    assert catalog.programs[1].deeplink_hosts == ("shop.example", "*.shop.example:8443")
    lead = catalog.product(1, "Lead")
    assert lead is not None and lead.rate.fixed_minor == 250
    sale = catalog.product(1, "Sale")
    assert sale is not None and catalog.used_rate(3, 1, sale, 1).rate.percent_ppm == 125_000
    assert catalog.is_approved(3, 5, "whatever comes later") and not catalog.is_approved(3, 1, "whatever")
    assert catalog.creatives[7].state == "paused" and catalog.creatives[7].target == "default"
    assert catalog.is_approved(2, 1, "Lead"), "the test partner may earn later products too"


def test_loading_twice_changes_nothing(settings: Settings) -> None:
    load(settings, WHOLE)
    version = catalogfile.read(settings.catalog_folder / catalogfile.CURRENT).version
    assert load(settings, WHOLE) == ["nothing to change", f"catalog {version} is published"]


def test_one_loading_is_one_version(settings: Settings) -> None:
    before = catalogfile.read(settings.catalog_folder / catalogfile.CURRENT).version
    load(settings, WHOLE)
    assert catalogfile.read(settings.catalog_folder / catalogfile.CURRENT).version == before + 1


def test_what_is_shown_can_be_loaded_and_changes_nothing(settings: Settings) -> None:
    load(settings, WHOLE)
    shown = show_catalog(settings)
    assert load(settings, shown)[0] == "nothing to change"
    assert show_catalog(settings) == shown
    assert 'percent = "12.5"' in shown and 'fixed = "2.50"' in shown and 'fixed = "500"' in shown


def test_what_is_shown_makes_the_same_set_up_elsewhere(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    load(settings, WHOLE)
    shown = show_catalog(settings)
    elsewhere = fresh(tmp_path_factory.mktemp("elsewhere"))
    load(elsewhere, shown)
    assert show_catalog(elsewhere) == shown


def test_what_the_file_leaves_out_stays(settings: Settings) -> None:
    load(settings, WHOLE)
    done = load(settings, '[[program]]\nid = 5\nname = "New name"\n\n[[partner]]\nid = 3\nstate = "blocked"\n')
    assert done[:2] == ["changed program 5 (name)", "changed partner 3 (state)"]
    catalog = catalogfile.read(settings.catalog_folder / catalogfile.CURRENT)
    assert (catalog.programs[5].name, catalog.programs[5].click_parameter) == ("New name", "cid")
    assert (catalog.partners[3].name, catalog.partners[3].state) == ("Anna", "blocked")
    assert catalog.is_approved(3, 1, "Lead")


def test_a_percentage_becomes_a_fixed_amount(settings: Settings) -> None:
    done = load(settings, '[[program]]\nid = 1\n[[program.product]]\nname = "Sale"\nfixed = "3"\n')
    assert done[0] == 'changed product "Sale" of program 1 (percent, fixed)'
    assert 'fixed = "3.00"' in show_catalog(settings)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ONE + 'currency = "USD"\n', "line 3, program.currency: Program 1 has EUR for ever"),
        (ONE + '\nstat = "active"\n', 'line 4, program.stat: There is no such field; did you mean "state"?'),
        ("[[programs]]\nid = 1\n", 'line 1, programs: There is no such field; did you mean "program"?'),
        ('[[program]]\nid = "1"\n', "line 2, program.id: Write a whole number without quotes."),
        ("[[program]]\nid = true\n", "line 2, program.id: Write a whole number"),
        ("[[program]]\nid = 0\n", "line 2, program.id: 0 is out of range"),
        ('[[program]]\nid = 8\nname = "x"\n', "line 1, program.currency: It is missing here"),
        (SALE + "percent = 7.5\n", "line 5, program.product.percent: Write an amount in quotes"),
        (SALE + "fixed = 7\n", "line 5, program.product.fixed: Write an amount in quotes"),
        (SALE + 'fixed = "7.125"\n', 'line 5, program.product.fixed: "7.125" cannot be taken'),
        (SALE + 'fixed = "7"\npercent = "7"\n', "line 5, program.product.fixed: Give percent or fixed, not both."),
        (ONE + '[[program.product]]\nname = "New"\n', "line 3, program.product.percent: Give percent"),
        (
            ONE + 'default_product = "sale"\n',
            'line 3, program.default_product: Program 1 has no product "sale"; it has "Sale".',
        ),
        (ONE + 'time_zone = "Mars"\n', 'line 3, program.time_zone: There is no time zone "Mars"'),
        (ONE + "click_lifetime_days = 0\n", "line 3, program.click_lifetime_days: 0 days is out of range"),
        (
            ONE + 'deeplink_hosts = [\n"a.example",\n"https://b.example"]\n',
            'line 3, program.deeplink_hosts: "https://b.example" is no host',
        ),
        (ONE + 'deeplink_hosts = "a.example"\n', "line 3, program.deeplink_hosts: Write a list"),
        (ONE + 'click_parameter = "a b"\n', 'line 3, program.click_parameter: "a b" cannot name a parameter'),
        (TARGET + 'url = "javascript:alert(1)"\n', 'line 5, program.target.url: "javascript:alert(1)" is no address'),
        (
            TARGET + 'url = "https://a.example/<% CLICK %>"\n',
            "line 5, program.target.url: There is no placeholder <% CLICK %>",
        ),
        (TARGET + 'url = "https://a<% PID %>.example/"\n', "line 5, program.target.url:"),
        (
            ONE + '[[program.creative]]\nid = 2\nname = "x"\ntarget = "nowhere"\n',
            'line 6, program.creative.target: Program 1 has no click target "nowhere"; it has "default".',
        ),
        (
            PROGRAM + '[[program.creative]]\nid = 1\nname = "stolen"\n',
            "line 10, program.creative.id: Creative 1 belongs to program 1",
        ),
        (PROGRAM.replace("default", "other"), 'line 1, program.target: There is no click target with alias "default"'),
        (PROGRAM + PROGRAM, "line 10, program.id: 8 is in line 2 already"),
        (
            '[[partner]]\nid = 4\nname = "x"\nstate = "frozen"\n',
            'line 4, partner.state: "frozen" is none of pending, active, blocked.',
        ),
        (APPROVAL + 'program = 77\nproducts = ["*"]\n', "line 4, partner.approval.program: There is no program 77"),
        (
            APPROVAL + 'program = 1\nproducts = ["Slae"]\n',
            'line 5, partner.approval.products: Program 1 has no product "Slae"; it has "Sale".',
        ),
        (
            '[[partner]]\nid = 2\n[[partner.rate]]\nprogram = 1\nproduct = "Sale"\n',
            "line 3, partner.rate.percent: Give percent",
        ),
        ("[program]\nid = 1\n", "line 1, program: Write it as tables: [[program]]."),
        (ONE + 'name = """\nnot ended\n', "line 4: This is not TOML"),
        ("[[program]]\nid = = 1\n", "line 2: This is not TOML"),
    ],
)
def test_a_fault_names_its_line_its_field_and_the_mend(settings: Settings, text: str, expected: str) -> None:
    lines = refusal(settings, text)
    assert any(line.startswith(f"setup.toml, {expected}") for line in lines), lines


def test_all_faults_come_together_and_in_order(settings: Settings) -> None:
    lines = refusal(settings, WHOLE.replace('"Asia/Kolkata"', '"Asia"').replace('fixed = "2.50"', "fixed = 2.50"))
    assert [line.split(":")[0] for line in lines[:2]] == [
        "setup.toml, line 19, program.product.fixed",
        "setup.toml, line 35, program.time_zone",
    ]


def test_one_fault_and_nothing_at_all_is_loaded(settings: Settings) -> None:
    refusal(settings, WHOLE + '\n[[partner]]\nid = 4\nname = "x"\nstate = "frozen"\n')
    assert "Anna" not in show_catalog(settings)


def test_a_file_that_cannot_be_read_says_why(settings: Settings) -> None:
    with pytest.raises(CatalogError, match=r"nowhere.toml cannot be read: No such file"):
        apply_file(settings, settings.data / "nowhere.toml")
    file = settings.data / "latin.toml"
    file.write_bytes('[[partner]]\nid = 4\nname = "Jürgen"\n'.encode("latin-1"))
    with pytest.raises(CatalogError, match="save it as UTF-8"):
        apply_file(settings, file)


def test_lines_are_right_in_a_file_from_windows(settings: Settings) -> None:
    file = settings.data / "setup.toml"
    file.write_bytes(b"[[partner]]\r\nid = 4\r\nname = 7\r\n")
    with pytest.raises(CatalogError, match=r"setup.toml, line 3, partner.name: Write a text in quotes"):
        apply_file(settings, file)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_that_windows_saved_is_loaded(settings: Settings, encoding: str) -> None:
    file = settings.data / "windows.toml"
    file.write_bytes('[[partner]]\r\nid = 4\r\nname = "Jürgen"\r\n'.encode(encoding))
    assert apply_file(settings, file)[0] == "added partner 4"


def test_standard_input(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "sys.stdin", io.TextIOWrapper(io.BytesIO(b'\xef\xbb\xbf[[partner]]\r\nid = 4\r\nname = "Dan"\r\n'))
    )
    assert apply_file(settings, Path("-"))[0] == "added partner 4"


WHO_MAY_CALL = """\
[[program]]
id = 1
signed = true
token_required = true
networks = ["203.0.113.7", "2001:db8::/48", "203.0.113.7/32"]
nocheck_by = "nobody"
pid_by = "signed"
unproven = "hold"
replay_window_s = 60
"""


def test_who_may_call_is_loaded_and_shown(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "access.toml"
    file.write_text(WHO_MAY_CALL)
    apply_file(settings, file)
    rules = catalogfile.read(settings.catalog_folder / catalogfile.CURRENT).programs[1].access
    assert rules == Access(
        signed=True, token_required=True, networks=("203.0.113.7/32", "2001:db8::/48"), nocheck="nobody", pid="signed",
        unproven="hold", replay_window_s=60,
    )  # fmt: skip
    shown = show_catalog(settings)
    assert 'networks = ["203.0.113.7/32", "2001:db8::/48"]' in shown and "signed = true" in shown
    file.write_text("[[program]]\nid = 1\nsigned = false\nnetworks = []\n")
    apply_file(settings, file)
    rules = catalogfile.read(settings.catalog_folder / catalogfile.CURRENT).programs[1].access
    assert (rules.signed, rules.networks, rules.token_required) == (False, (), True)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('signed = "yes"', "program.signed: Write true or false"),
        ('networks = ["shop.example"]', 'program.networks: "shop.example" is no network'),
        ('networks = ["203.0.113.7/24"]', "did you mean 203.0.113.0/24?"),
        ('pid_by = "me"', '"me" is none of nobody, signed, everybody'),
        ('unproven = "accept"', '"accept" is none of refuse, hold'),
        ("replay_window_s = 0", "0 seconds is out of range"),
        ('key = "secret"', "There is no such field"),
    ],
)
def test_wrong_rules_are_named(settings: Settings, tmp_path: Path, line: str, expected: str) -> None:
    file = tmp_path / "access.toml"
    file.write_text(f"[[program]]\nid = 1\n{line}\n")
    with pytest.raises(CatalogError, match=re.escape(expected)):
        apply_file(settings, file)
