"""A shop system is complete, its code is well-formed, and what a developer names cannot end the code around it."""

import itertools
import json
import pkgutil
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.utils.functional import Promise
from support.woven import usual_setup

from clicktrail.control.assistant import expressions, shops
from clicktrail.control.assistant.shape import STEPS, TOPICS, Piece, Setup
from clicktrail.control.assistant.shops import SHOPS
from clicktrail.control.assistant.weaving import LITERALS, NO_SECRET, NO_TOKEN, pieces_of

CODE = Path(shops.__file__).parent / "code"
TRACKER = "https://track.example.com"
ODD = "S'a\"l\\e </script> & ?> ö"
KEYS = pytest.mark.parametrize("key", list(SHOPS))


def pieces(key: str, setup: Setup) -> list[tuple[Piece, str]]:
    return [found for step in STEPS for found in pieces_of(SHOPS[key], step, setup)]


def test_every_file_of_a_system_is_in_the_table() -> None:
    files = {module.name for module in pkgutil.iter_modules(shops.__path__)}
    folders = {path.name for path in CODE.iterdir()} - {"shared"}
    assert files == folders == set(SHOPS)


@KEYS
def test_a_system_is_complete(key: str) -> None:
    """What is missing here was forgotten: see the checklist in `shape.py`."""
    shop = SHOPS[key]
    assert shop.key == key
    assert tuple(shop.notes) == TOPICS
    assert all(shop.pieces(step) for step in STEPS)
    assert shop.places
    assert shop.language in expressions.COMMENTS
    assert expressions.check(shop.order, shop.language) == shop.order
    assert expressions.check(shop.amount, shop.language) == shop.amount
    named = {piece.template for step in STEPS for piece in shop.pieces(step)}
    assert named == {path.name for path in (CODE / key).iterdir()}
    assert all(piece.language in LITERALS for step in STEPS for piece in shop.pieces(step))
    told = [*shop.notes.values(), *(piece.where for step in STEPS for piece in shop.pieces(step))]
    assert all(isinstance(text, Promise) for text in told), "every sentence is marked for translation"


def test_shared_code_is_used() -> None:
    used = {name for path in CODE.rglob("*.code") for name in re.findall(r"«include shared/(\S+)»", path.read_text())}
    assert used == {path.name for path in (CODE / "shared").iterdir()}


@KEYS
def test_no_mark_is_left_in_whatever_is_chosen(key: str) -> None:
    for minor, proof, product, place, decimals in itertools.product(
        (False, True), (False, True), ("", "Sale"), SHOPS[key].places, (0, 2, 3)
    ):
        chosen = {"minor": minor, "signed": proof, "token": proof, "product": product, "place": place}
        for piece, code in pieces(key, usual_setup(key, TRACKER, decimals=decimals, **chosen)):
            assert not re.search("[«»]", code), piece.name
            assert code.strip()


@KEYS
def test_xml_and_json_are_well_formed(key: str) -> None:
    for piece, code in pieces(key, usual_setup(key, TRACKER + "/a&b")):
        if piece.language == "xml":
            ElementTree.fromstring(code)
        elif piece.language == "json":
            json.loads(code)


@KEYS
def test_a_secret_stands_only_where_it_was_asked_for(key: str) -> None:
    code = "".join(text for _, text in pieces(key, usual_setup(key, TRACKER, signed=True, token=True)))
    assert (NO_SECRET in code) == SHOPS[key].signs_server
    assert NO_TOKEN in code
    shown = "".join(text for _, text in pieces(key, usual_setup(key, TRACKER, signed=True, secret="ab" * 32)))
    assert ("ab" * 32 in shown) == SHOPS[key].signs_server
    assert NO_SECRET not in shown
    assert "ab" * 32 not in "".join(text for _, text in pieces(key, usual_setup(key, TRACKER, secret="ab" * 32)))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("php", "'S\\'a\"l\\\\e </script> & ?> ö'"),
        ("python", '"S\'a\\"l\\\\e </script> & ?> \\u00f6"'),
        ("js", '"S\'a\\"l\\\\e \\u003c/script> & ?> \\u00f6"'),
        ("html", "S&#x27;a&quot;l\\e &lt;/script&gt; &amp; ?&gt; ö"),
        ("sh", "'S'\"'\"'a\"l\\e </script> & ?> ö'"),
    ],
)
def test_a_text_is_escaped_for_its_language(language: str, text: str) -> None:
    assert LITERALS[language](ODD) == text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("php", "$order['number']"),
        ("php", '$o->total(";", "//") - $o->tax()'),
        ("python", "order['n#1'].net"),
        ("js", "orders[0]?.id ?? `a//b`"),
        ("js", "{{DLV - ecommerce.value}}"),
        ("html", "<?= htmlspecialchars($order['number']) ?>"),
    ],
)
def test_whole_expressions_pass(language: str, text: str) -> None:
    assert expressions.check(f" {text} ", language) == text


@pytest.mark.parametrize(
    ("language", "text", "code"),
    [
        ("php", "", "empty"),
        ("php", "$a" * 101, "long"),
        ("php", "$a\n.$b", "lines"),
        ("php", "$a; unlink($b)", "ends"),
        ("php", "$a // net", "ends"),
        ("php", "$a ?> x", "ends"),
        ("php", "f($a", "open"),
        ("php", "$a)", "open"),
        ("php", "f($a]", "open"),
        ("php", "'it\\'s", "open"),
        ("python", "a # net", "ends"),
        ("js", "a /* net */", "ends"),
        ("js", "'</SCRIPT>'", "ends"),
        ("html", '{{ order["net"] }}', "quote"),
    ],
)
def test_what_would_end_the_code_is_refused(language: str, text: str, code: str) -> None:
    with pytest.raises(expressions.Unusable) as fault:
        expressions.check(text, language)
    assert fault.value.code == code


TYPOGRAPHIC_IN_CODE = re.compile(r"""=\s?[“”„‘’‚«»]|\([“”„‘’‚«»]\w|\w[’‘]\)""")
"""Quotation marks of prose behind an equals sign or around an argument: code that does not work when it is copied."""



def test_code_in_a_sentence_has_straight_quotation_marks() -> None:
    """Of every sentence in the catalog, English and German: the notes of the shop systems are among them."""
    po = (Path(shops.__file__).parents[3] / "locale/de/LC_MESSAGES/django.po").read_text(encoding="utf-8")
    found = [line for line in po.splitlines() if not line.startswith("#") and TYPOGRAPHIC_IN_CODE.search(line)]
    assert 'data-consent=\\"wait\\"' in po and found == []
    assert TYPOGRAPHIC_IN_CODE.search("data-consent=“wait”") and TYPOGRAPHIC_IN_CODE.search("consent(‘yes’)")
