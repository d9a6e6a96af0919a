"""English and German, complete: the book of translations against the code, and every page in a made-up language."""

import re
from collections import Counter
from collections.abc import Iterator
from gettext import GNUTranslations
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from support.everywhere import Form, forms
from support.messages import LANGUAGES, book, compile_to, gathered
from support.pages import ANYBODY, OWNER, PARTNER, Sight, samples, sights
from support.pseudo import Data, bracketed, outside, sentences, written

from clicktrail.demo import household
from clicktrail.demo.past import hours
from clicktrail.demo.past.fill import fill

pytestmark = pytest.mark.needs("xgettext", "msgfmt")

MARKS = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}|</?\w+[^>]*>|<% \w+ %>")
SAME = {
    "Aa", "GET", "POST", "Google Tag Manager", "Magento 2", "Node", "Python", "Shopify", "Shopware 6", "WooCommerce",
    "https://", "Default",
}  # fmt: skip
"""Names and signs that stand on pages in every language."""
WRONG = ("?!", "1")
"""What is put into fields."""
AWAY = "/look/"
"""Asks other servers."""
GERMAN = {"accept-language": "de"}

Pages = list[tuple[Sight, str, str]]
"""(which, its address, its HTML)"""


@pytest.fixture(scope="module")
def template() -> str:
    """Every sentence that the code marks, as xgettext writes them down."""
    with gathered() as path:
        return path.read_text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated_and_none_is_left_over(language: str, template: str) -> None:
    ours, theirs = _entries(template), _entries(book(language).read_text())
    assert not sorted(ours.keys() - theirs.keys()), "not in the book: run `python -m support.messages` in tests"
    assert not sorted(theirs.keys() - ours.keys()), "nobody says it any more: run `python -m support.messages` in tests"
    assert not [key for key, forms in theirs.items() if not all(forms)], "not translated"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str, tmp_path: Path) -> None:
    compile_to(book(language), tmp_path / "made.mo")
    kept, made = (_catalog(path) for path in (book(language).with_suffix(".mo"), tmp_path / "made.mo"))
    assert kept == made, "run `python -m support.messages` in tests"


@pytest.mark.parametrize("language", LANGUAGES)
def test_marks_are_kept(language: str) -> None:
    wrong = []
    for (_, single, several), given in _entries(book(language).read_text()).items():
        for form, english in zip(given, (single, several) if several else (single,), strict=True):
            if form and _marks(form) != _marks(english) and _marks(form) != _marks(several or single):
                wrong.append(f"{english!r}: {form!r}")
    assert not wrong, "\n".join(wrong)


def test_no_page_says_what_nobody_marked(past: Any, pages: Pages) -> None:
    """In a language in which every marked sentence stands in brackets, nothing but data stands outside."""
    data = Data(written(past) | SAME)
    found: dict[str, str] = {}
    for sight, _, page in pages:
        for where, text in outside(page):
            if not data.is_all(text):
                found.setdefault(f"{text!r} ({where})", sight.name)
    assert not found, "\n".join(f"{name}: {text}" for text, name in sorted(found.items()))


def test_no_answer_to_a_wrong_form_says_what_nobody_marked(past: Any, pages: Pages, template: str) -> None:
    """Every form of every page is sent with something wrong in each field; what it would change is taken back."""
    from django.db import transaction

    clients, data, sent = _clients(), Data(written(past) | SAME | {*WRONG}), set()
    found: dict[str, str] = {}
    with bracketed(sentences(template)):
        for sight, address, page in pages:
            for form, wrong in product(forms(address, page), WRONG):
                what = (sight.who, re.sub(r"\d+", "0", form.action), form.button, wrong)
                if what in sent or form.action.endswith(AWAY):
                    continue
                sent.add(what)
                with transaction.atomic():
                    answer = clients[sight.who].post(form.action, _wrong(form, wrong), headers=GERMAN, follow=True)
                    transaction.set_rollback(True)
                for where, text in outside(b"".join(answer).decode()):
                    if not data.is_all(text):
                        found.setdefault(f"{text!r} ({where})", f"{sight.name} {form.action} {wrong!r}")
    assert len(sent) > 100 and not found, "\n".join(f"{name}: {text}" for text, name in sorted(found.items()))


def test_days_and_numbers_are_written_as_in_german(past: Any) -> None:
    """24 hours, day.month.year, a comma before the decimals."""
    client = _clients()[OWNER]
    for address in ("/ledger/transaction/", "/ledger/postback/", "/outbox/delivery/", "/alarms/alarm/"):
        shown = re.findall(r'class="ct-time">([^<]+)', client.get(address, headers=GERMAN).text)
        assert shown and all(re.match(r"\d\d\.\d\d\.\d{4} \d\d:\d\d", text) for text in shown), address
    report = client.get("/reports/?range=90d&by=day", headers=GERMAN).text
    table = report[report.index("<tbody") : report.index("</tbody")]
    assert re.search(r">\s*\d\d\.\d\d\.\d{4}\s*<", table) and re.search(r"\d,\d\d<", table)
    assert not re.search(r">\s*\d{4}-\d\d-\d\d\s*<|\d\.\d\d<", table)


def test_what_was_kept_in_english_is_told_anew() -> None:
    """Also what was kept long ago: by its pattern."""
    from clicktrail.control.accounts.viewer import TONGUES
    from clicktrail.core import faults, outcomes, signing
    from clicktrail.core.tongue import speaking

    old = signing.check({"sig": "x", "ts": "1700000000"}, {1: b"x"}, 1, 1_700_000_000_000 + 3 * 86_400_000).fault
    kept = {
        old: "sein Zeitstempel ist 3 Tage alt; die Uhr des Shop-Servers",
        "the parameter tid is longer than 255 characters.": "der Parameter tid ist länger als 255 Zeichen.",
        "it has more than 12 digits before the separator.": "er hat mehr als 12 Ziffern",
        "words that nobody knows; at all": "words that nobody knows; at all",
    }
    refused = "10.0.0.1 (a.example) is private; it is not called unless the setting postback_networks lists it."
    with translation.override("de"), speaking(TONGUES["de"]):
        for english, german in kept.items():
            assert faults.retold(english).startswith(german)
        assert outcomes.retold(refused).startswith("10.0.0.1 (a.example) ist eine private Adresse; sie wird nur")
        assert outcomes.retold("It answered 404 Not Found.") == "Die Antwort war 404 Not Found."
        assert outcomes.retold("No connection to a.example: connection refused.").endswith(": Verbindung abgelehnt.")
    assert faults.retold(old) == old and outcomes.retold(refused) == refused


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory, template: str) -> Iterator[Any]:
    """A small history: asks the ledger. What is stored in every language is in the made-up one, too."""
    folder = tmp_path_factory.mktemp("languages") / "data"
    home = household.take(folder)
    settings = household.settings_of(folder, 8400, 8401, 8402)
    household.furnish(settings, home.password, 8402)
    with pytest.MonkeyPatch.context() as less:
        less.setattr(hours, "SCALE", hours.SCALE / 6)
        with bracketed(sentences(template)):
            fill(settings, "127.0.0.1:8402")
    from django.db import connection, connections

    def ask(statement: str) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    yield ask
    connections.close_all()


@pytest.fixture(scope="module")
def pages(past: Any, template: str) -> Pages:
    """Every page in the made-up language."""
    clients = _clients()
    with bracketed(sentences(template)):
        return [
            (sight, address, b"".join(clients[sight.who].get(address, headers=GERMAN)).decode())
            for sight, address in sights(samples(past))
        ]


def _wrong(form: Form, wrong: str) -> dict[str, list[str]]:
    """Without "1" what was chosen stays, and only the gaps hold it; rows that are ticked stay ticked."""
    return {
        name: values if wrong == "1" or name == "_selected_action" else [wrong] * len(values)
        for name, values in form.fields.items()
    }


def _clients() -> dict[str, Any]:
    from django.test import Client
    from support.office import _just_typed_the_password as just_typed_the_password

    from clicktrail.control.accounts.models import Account

    clients = {who: Client(SERVER_NAME="localhost") for who in (ANYBODY, OWNER, PARTNER)}
    for who, name in ((OWNER, household.USER), (PARTNER, "beandiary")):
        clients[who].force_login(Account.objects.get(username=name))
        just_typed_the_password(clients[who], Account.objects.get(username=name))
    return clients


def _entries(text: str) -> dict[tuple[str, str, str], list[str]]:
    """(context, for one, for several) -> the forms, of a .po file without its head."""
    found = {}
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        fields: dict[str, str] = {}
        name = ""
        for line in lines:
            if not line.startswith('"'):
                name, _, line = line.partition(" ")
            fields[name] = fields.get(name, "") + _unquoted(line)
        if fields.get("msgid"):
            forms = [value for name, value in fields.items() if name.startswith("msgstr")]
            found[fields.get("msgctxt", ""), fields["msgid"], fields.get("msgid_plural", "")] = forms
    return found


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", lambda sign: {"n": "\n", "t": "\t"}.get(sign[1], sign[1]), text.strip()[1:-1])


def _marks(sentence: str) -> Counter[str]:
    return Counter(MARKS.findall(sentence))


def _catalog(path: Path) -> dict[Any, str]:
    with path.open("rb") as file:
        catalog = dict(GNUTranslations(file)._catalog)  # type: ignore[attr-defined]
    catalog.pop("", None)
    return catalog
