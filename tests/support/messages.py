"""The sentences that the code says to people, gathered for translating.

`python -m support.messages` brings src/clicktrail/locale up to date: new sentences are there to be translated, and
what is translated is compiled. The theme's own sentences are gathered with ours, as it brings no German.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path

import unfold

ROOT = Path(__file__).resolve().parents[2]
LOCALE = ROOT / "src" / "clicktrail" / "locale"
LANGUAGES = ("de",)
KEYWORDS = ("say", "mark", "count:1,2", "forms:1,2", "Reason:2", "AmountError")
"""What the core calls translating, beside Django's own words for it."""
KINDS = (".py", ".html")
OURS = ("core", "control", "guard.py", "courier")
"""Commands speak English."""
THEIRS = ("templates/admin", "templates/unfold", "templates/unfold_crispy", "contrib/filters", "widgets.py", "forms.py",
          "admin.py", "mixins", "templatetags")  # fmt: skip
"""What of the theme is on our pages."""
HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"""


def book(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


@contextmanager
def gathered() -> Iterator[Path]:
    """A template file (.pot) of every sentence in the tree as it is."""
    with tempfile.TemporaryDirectory(prefix="clicktrail-messages-") as name:
        folder = Path(name)
        for part in OURS:
            _copy(ROOT / "src" / "clicktrail" / part, folder / "clicktrail" / part)
        for part in THEIRS:
            _copy(Path(unfold.__file__).parent / part, folder / "unfold" / part)
        (folder / "locale").mkdir()
        subprocess.run(
            [sys.executable, "-m", "support.messages", "--gather"],
            cwd=folder,
            check=True,
            capture_output=True,
            env={"PATH": _path(), "PYTHONPATH": str(ROOT / "tests"), "LC_ALL": "C.UTF-8"},
        )
        yield folder / "locale" / "django.pot"


def _path() -> str:
    import os

    return os.environ["PATH"]


def _copy(begin: Path, end: Path) -> None:
    for path in begin.rglob("*") if begin.is_dir() else [begin]:
        if path.suffix in KINDS:
            (end / path.relative_to(begin)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, end / path.relative_to(begin))


def _gather() -> None:
    """In the folder that holds the copies."""
    from django.conf import settings
    from django.core.management import call_command
    from django.core.management.commands import makemessages

    class Command(makemessages.Command):
        xgettext_options = [*makemessages.Command.xgettext_options, *(f"--keyword={word}" for word in KEYWORDS)]
        requires_system_checks = ()

    settings.configure(LOCALE_PATHS=[str(Path("locale").resolve())], USE_I18N=True)
    import django

    django.setup()
    call_command(Command(), locale=["xx"], keep_pot=True, add_location="file", no_wrap=True, verbosity=0)


def _bring_up_to_date(language: str, template: Path) -> None:
    path = book(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text(HEADER.format(language=language))
    options = ["--quiet", "--no-fuzzy-matching", "--no-wrap", "--backup=none", "--update"]
    subprocess.run(["msgmerge", *options, path, template], check=True)
    subprocess.run(["msgattrib", "--no-obsolete", "--no-wrap", "-o", path, path], check=True)
    kept = [line for line in path.read_text().splitlines() if not line.startswith('"POT-Creation-Date')]
    path.write_text("\n".join(kept) + "\n")
    compile_to(path, path.with_suffix(".mo"))


@contextmanager
def _alone() -> Iterator[None]:
    """Two who gather at the same moment would write into each other's book."""
    with (Path(tempfile.gettempdir()) / "clicktrail-messages.lock").open("w") as file:
        flock(file, LOCK_EX)
        yield


def compile_to(path: Path, end: Path) -> None:
    subprocess.run(["msgfmt", "--check-format", "-o", end, path], check=True)


def missing(path: Path) -> str:
    """Entries without a translation, in the form of the book."""
    command = ["msgattrib", "--untranslated", "--no-wrap", path]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    if "--gather" in sys.argv:
        _gather()
    else:
        with gathered() as made, _alone():
            for each in LANGUAGES:
                _bring_up_to_date(each, made)
                print(missing(book(each)).count("\nmsgid ") or "Nothing", "to translate:", book(each))
