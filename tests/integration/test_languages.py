"""English and German, complete: the book of translations against the code, and every page in a made-up language."""

import re
from collections import Counter
from collections.abc import Iterator
from gettext import GNUTranslations
from pathlib import Path
from typing import Any

import pytest
from support.messages import LANGUAGES, book, compile_to, gathered
from support.pages import ANYBODY, OWNER, PARTNER, samples, sights
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
    for (_, single, several), forms in _entries(book(language).read_text()).items():
        for form, english in zip(forms, (single, several) if several else (single,), strict=True):
            if form and _marks(form) != _marks(english) and _marks(form) != _marks(several or single):
                wrong.append(f"{english!r}: {form!r}")
    assert not wrong, "\n".join(wrong)


def test_no_page_says_what_nobody_marked(past: Any, template: str) -> None:
    """In a language in which every marked sentence stands in brackets, nothing but data stands outside."""
    clients, data = _clients(), Data(written(past) | SAME)
    found: dict[str, str] = {}
    with bracketed(sentences(template)):
        for sight, address in sights(samples(past)):
            answer = clients[sight.who].get(address, headers={"accept-language": "de"})
            for where, text in outside(b"".join(answer).decode()):
                if not data.is_all(text):
                    found.setdefault(f"{text!r} ({where})", sight.name)
    assert not found, "\n".join(f"{name}: {text}" for text, name in sorted(found.items()))


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
