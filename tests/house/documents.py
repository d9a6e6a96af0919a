"""What the documents say, in a form that can be held against the code."""

import re
from collections.abc import Iterator
from pathlib import Path

from house import rules

DOCS = rules.ROOT / "docs"
REFERENCE = DOCS / "reference"
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`[^`\n]*`")


def rows(text: str, heading: str = "") -> list[list[str]]:
    """Cells of every table row under a heading (or in the whole page), without the row of names."""
    found: list[list[str]] = []
    for line in _under(text, heading).splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        found.append(cells)
    is_head = [bool(after) and all(set(cell) <= set("-: ") for cell in after) for after in [*found[1:], []]]
    return [
        cells
        for cells, head in zip(found, is_head, strict=True)
        if cells and not head and not all(set(cell) <= set("-: ") for cell in cells)
    ]


def names(text: str, heading: str = "") -> list[str]:
    """The first `code` in the first cell of each row."""
    first = [re.match(r"`([^`]+)`", row[0]) for row in rows(text, heading)]
    return [found[1] for found in first if found]


def differences(told: list[str], real: list[str]) -> list[str]:
    """What is documented twice, not at all, or does not exist."""
    return [
        *(f"documented twice: {name}" for name in sorted(set(told)) if told.count(name) > 1),
        *(f"not documented: {name}" for name in real if name not in told),
        *(f"documented, but not there: {name}" for name in told if name not in real),
    ]


def broken_links(page: Path, text: str) -> Iterator[str]:
    """Links to files and headings that are not there; links to the world are left alone."""
    for target in LINK.findall(INLINE.sub("", FENCE.sub("", text))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        goal = (page.parent / path).resolve() if path else page
        if not goal.exists():
            yield f"{page.name}: {target} is not there"
        elif anchor and goal.suffix == ".md" and anchor not in anchors(goal.read_text()):
            yield f"{page.name}: {target} names no heading"


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _under(text: str, heading: str) -> str:
    if not heading:
        return text
    begin = text.index(f"{heading}\n")
    level = heading.split(" ")[0]
    ends = [m.start() for m in re.finditer(rf"^#{{1,{len(level)}}} ", text, re.MULTILINE) if m.start() > begin]
    return text[begin : ends[0]] if ends else text[begin:]
