"""`script/screenshots`: every page in both themes at two widths, from a demo with its history, and a sheet of them all.

Tells besides which page answers with anything but 200, sticks out sideways, or makes the browser complain: then the
exit code is 1.
"""

import argparse
import base64
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.chromium import browser  # noqa: E402
from support.demos import Demo  # noqa: E402
from support.pages import ANYBODY, OWNER, PARTNER, Sight, samples, sights  # noqa: E402

from bench.pages import ACCOUNTS, Visitor  # noqa: E402

WIDTHS = (390, 1440)
THEMES = ("light", "dark")
HIGHEST = 4000
"""Pixels of a page that are taken; what is longer is cut."""
SETTLED_S = 4.0
"""So long a page may load its pieces and draw its charts."""
WITHIN_S = 900
"""For all of it; what is not taken by then is named."""
SHELF = (
    ("home", "?chart=day", "light", True),
    ("transaction", "", "light", True),
    ("reports", "", "dark", True),
    ("portal_overview", "", "dark", False),
)
"""The pictures of README.md: page, its question, theme, whether it begins at the content, below what is shown above
every page. Home is taken by day: shortly after midnight its hours are few."""
SHELF_FOLDER = ROOT / "docs" / "screenshots"
SHELF_SIZE = (1440, 1000)
TO_CONTENT = """
const content = document.getElementById("content");
window.scrollTo(0, content ? content.getBoundingClientRect().top - 24 : 0);
"""
IS_SETTLED = "return document.readyState === 'complete' && !document.querySelector('.htmx-request')"
SIZE = """
const page = document.documentElement;
return [Math.max(page.scrollHeight, document.body.scrollHeight), page.scrollWidth - window.innerWidth]
"""


@dataclass
class Album:
    """What was taken, and what was odd."""

    folder: Path
    taken: list[tuple[Sight, str, int, str]] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)

    def file(self, sight: Sight, width: int, theme: str) -> str:
        return f"{sight.name}-{width}-{theme}.png"


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/screenshots", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / ".cache" / "screenshots", help="folder for the pictures")
    parser.add_argument("--only", action="append", metavar="NAME", help="this page only; may be given several times")
    parser.add_argument("--theme", action="append", choices=THEMES, help="this theme only")
    parser.add_argument("--width", action="append", type=int, help="this width only, in pixels")
    parser.add_argument("--data", type=Path, help="folder of a demo that is kept; without it one in a temporary folder")
    parser.add_argument("--readme", action="store_true", help="only those of README.md, to docs/screenshots")
    options = parser.parse_args()
    album = Album(SHELF_FOLDER if options.readme else options.out)
    album.folder.mkdir(parents=True, exist_ok=True)
    with _demo(options.data) as demo:
        every = sights(samples(_asker(demo)))
        if options.readme:
            return shelve(demo, every, album)
        found = [(s, a) for s, a in every if not options.only or s.name in options.only]
        take_all(demo, found, album, options.theme or THEMES, options.width or WIDTHS)
    (album.folder / "index.html").write_text(sheet(album), encoding="utf-8")
    print(f"{len(album.taken)} pictures in {album.folder}, all on {album.folder / 'index.html'}")
    for line in album.odd:
        print(f"  ! {line}")
    return 1 if album.odd else 0


@contextmanager
def _demo(data: Path | None) -> Iterator[Demo]:
    with tempfile.TemporaryDirectory(prefix="clicktrail-pictures-") as folder:
        demo = Demo(data or Path(folder) / "data", Path(folder) / "words.txt", history=True)
        try:
            yield demo.start()
        finally:
            demo.stop()


def _asker(demo: Demo) -> Any:
    from clicktrail.sqlite import dbapi2

    def ask(statement: str) -> list[tuple[object, ...]]:
        with closing(dbapi2.connect(f"file:{demo.data / 'ledger.sqlite'}?mode=ro", uri=True)) as db:
            return list(db.execute(statement).fetchall())

    return ask


def shelve(demo: Demo, every: list[tuple[Sight, str]], album: Album) -> int:
    """Each by its page's name alone, one screen of it."""
    with _seats(demo) as (chrome, address, sit):
        chrome.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
        for name, question, theme, is_content in SHELF:
            ((sight, path),) = [pair for pair in every if pair[0].name == name]
            sit(sight.who)
            _open(chrome, address + path + question, *SHELF_SIZE, theme)
            if is_content:
                chrome.execute_script(TO_CONTENT)
            _save(chrome, album.folder / f"{name}.png")
    print(f"{len(SHELF)} pictures in {album.folder}")
    return 0


@contextmanager
def _seats(demo: Demo) -> Iterator[tuple[Any, str, Callable[[str], None]]]:
    """A browser, the console's address, and what signs in as whom."""
    address, _, password = demo.console
    port = int(address.rstrip("/").rpartition(":")[2])
    cookies = {who: _cookies(port, ACCOUNTS.get(who), password) for who in (ANYBODY, OWNER, PARTNER)}
    with tempfile.TemporaryDirectory(prefix="clicktrail-browser-") as profile, browser(Path(profile)) as chrome:

        def sit(who: str) -> None:
            chrome.delete_all_cookies()
            for name, value in cookies[who].items():
                chrome.add_cookie({"name": name, "value": value})

        chrome.get(address.rstrip("/") + "/login/")
        yield chrome, address.rstrip("/"), sit


def take_all(demo: Demo, found: list[tuple[Sight, str]], album: Album, themes: Any, widths: Any) -> None:
    deadline_s = time.monotonic() + WITHIN_S
    with _seats(demo) as (chrome, address, sit):
        for who in (ANYBODY, OWNER, PARTNER):
            sit(who)
            for sight, path in (pair for pair in found if pair[0].who == who):
                for theme in themes:
                    for width in widths:
                        if time.monotonic() > deadline_s:
                            album.odd.append(f"{sight.name}, {width} px, {theme}: no time was left")
                            continue
                        _take(chrome, f"{address}{path}", sight, (width, theme), album)


def _cookies(port: int, name: str | None, password: str) -> dict[str, str]:
    visitor = Visitor(port)
    if name is not None:
        visitor.sign_in(name, password)
    return visitor.cookies


def _take(chrome: Any, address: str, sight: Sight, how: tuple[int, str], album: Album) -> None:
    width, theme = how
    _open(chrome, address, width, 900, theme)
    where = f"{sight.name}, {width} px, {theme}"
    height, beyond = chrome.execute_script(SIZE)
    if beyond > 0:
        album.odd.append(f"{where}: sticks out by {beyond} px")
    album.odd += [f"{where}: {line['message'][:300]}" for line in chrome.get_log("browser") if _matters(line)]
    _screen(chrome, width, min(max(900, height), HIGHEST))
    name = album.file(sight, width, theme)
    _save(chrome, album.folder / name)
    album.taken.append((sight, name, width, theme))


def _open(chrome: Any, address: str, width: int, height: int, theme: str) -> None:
    feature = [{"name": "prefers-color-scheme", "value": theme}]
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": feature})
    _screen(chrome, width, height)
    chrome.get(address)
    until_s = time.monotonic() + SETTLED_S
    while not chrome.execute_script(IS_SETTLED) and time.monotonic() < until_s:
        time.sleep(0.05)


def _save(chrome: Any, file: Path) -> None:
    picture = chrome.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
    file.write_bytes(base64.b64decode(picture["data"]))


def _matters(line: dict[str, Any]) -> bool:
    return line["level"] == "SEVERE"


def _screen(chrome: Any, width: int, height: int) -> None:
    screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)


STYLE = """
body { font: 15px system-ui; margin: 24px; background: #f4f4f5; color: #18181b }
section { margin: 0 0 40px } h2 { font-size: 17px; margin: 0 0 8px }
.row { display: flex; gap: 12px; align-items: flex-start; flex-wrap: wrap }
a { display: block; border: 1px solid #d4d4d8; background: #fff; max-height: 420px; overflow: hidden }
img { display: block; width: 100% } .narrow { width: 180px } .wide { width: 560px }
li { color: #b91c1c }
"""


def sheet(album: Album) -> str:
    """All pictures on one page, small; each leads to the large one."""
    parts = []
    for name in dict.fromkeys(sight.name for sight, *_ in album.taken):
        mine = [each for each in album.taken if each[0].name == name]
        pictures = "".join(
            f'<a class="{"narrow" if width < 600 else "wide"}" href="{file}">'
            f'<img loading="lazy" src="{file}" alt="{name}, {width} pixels, {theme}"></a>'
            for _, file, width, theme in mine
        )
        address = escape(mine[0][0].address)
        parts.append(f'<section><h2>{name} <code>{address}</code></h2><div class="row">{pictures}</div></section>')
    odd = "".join(f"<li>{escape(line)}</li>" for line in album.odd)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Every page</title><style>{STYLE}</style>'
        f"<h1>Every page</h1><ul>{odd}</ul>{''.join(parts)}</html>"
    )


if __name__ == "__main__":
    sys.exit(main())
