"""The catalog as the edge uses it: decisions by the raw bytes of a link, swapped whole.

docs/decisions/0006-catalog-staleness.md.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from clicktrail import catalogfile
from clicktrail.core.catalog import Catalog
from clicktrail.core.click import decide
from clicktrail.core.deeplink import decode_partly
from clicktrail.core.placeholders import encode, safe_literal
from clicktrail.core.querystring import read_pairs, read_text, unescape
from clicktrail.core.reasons import OK
from clicktrail.errors import CatalogError

MAX_PLANS = 4096
"""Decisions kept in memory; when it is full all are dropped and made again as they are asked for."""
MAX_KEY_BYTES = 512
"""A longer link is decided anew each time, so that deeplinks cannot fill the memory."""

Link = dict[bytes, bytes]
"""Parameters by their names, values as they were sent."""
LINK_NAMES = frozenset((b"cpid", b"pid", b"wmid", b"target", b"subid", b"ref", b"format", b"view"))
_INVISIBLE_START = re.compile(rb"(?:\+|%(?:20|0[9ad]|c2%a0|e2%80%8b|ef%bb%bf))+", re.IGNORECASE)
_INVISIBLE_ENDS = (b"%20", b"%09", b"%0a", b"%0d", b"%c2%a0", b"%e2%80%8b", b"%ef%bb%bf")
"""Without `+`: an address may end in one, like `?q=c++`."""
SEMICOLON = ord(";")
_is_plain = re.compile(rb"[a-z0-9_.-]{0,64}").fullmatch
"""Any other name has to be looked at: it is in capitals, escaped, or has something around it."""
NOTHING: Link = {}
Key = tuple[bytes | None, bytes | None, bytes | None, bytes | None]
"""Raw cpid, pid, wmid, target of a link."""

USUAL_ORDER = ("clickid", "subid")
CLEAR_ADDRESS = (b"http://", b"https://")


class Plan:
    """One decision, with the address encoded but for what changes from click to click."""

    __slots__ = ("creative", "form", "order", "outcome", "partner", "program", "target")

    def __init__(self, key: Key, catalog: Catalog) -> None:
        cpid, pid, wmid = (None if raw is None else text_of(raw) for raw in key[:3])
        target = None if key[3] is None else target_of(key[3])
        decision = decide(cpid, pid, wmid, target, catalog)
        self.program, self.partner, self.creative = decision.program, decision.partner, decision.creative
        self.target, self.outcome = decision.target, decision.outcome
        fixed = {"cpid": b"%d" % decision.program, "pid": encoded(pid), "wmid": encoded(wmid)}
        parts = decision.template.parts if decision.template else ()
        # Empty where there is nowhere to go: an unknown program, or one without any target.
        self.form = b"".join(_part(part, fixed) for part in parts)
        self.order = tuple(part for part in parts if part in ("clickid", "subid"))

    @property
    def address(self) -> bytes:
        """Of a deeplink to a listed host: the bare address, as a Location may carry it; else empty."""
        is_deeplink = self.outcome == OK and "://" in self.target
        return safe_literal(self.target) if is_deeplink else b""

    def location(self, clickid: bytes, subid: bytes) -> bytes:
        """clickid: 29 characters or nothing; subid: percent-encoded."""
        if self.order == USUAL_ORDER:
            return self.form % (clickid, subid)
        return self.form % tuple([clickid if name == "clickid" else subid for name in self.order])


def _part(part: bytes | str, fixed: dict[str, bytes]) -> bytes:
    """A piece of a template in the language of `bytes % tuple`."""
    if isinstance(part, bytes):
        return part.replace(b"%", b"%%")
    if part in fixed:
        return fixed[part].replace(b"%", b"%%")
    return b"%b"


def text_of(raw: bytes) -> str:
    """A value of a query as clean text: plus is a space, %XX a byte; nothing invisible around it."""
    return read_text(unescape(raw))


def target_of(raw: bytes) -> str:
    """A deeplink that comes in clear keeps its own escapes; everything else is decoded once."""
    start = _INVISIBLE_START.match(raw)
    if start is not None:
        raw = raw[start.end() :]
    if raw[:8].lower().startswith(CLEAR_ADDRESS):
        return decode_partly(read_text(_without_invisible_end(raw)))
    return text_of(raw)


def _without_invisible_end(raw: bytes) -> bytes:
    if raw[-3:-2] != b"%":
        return raw
    folded, end = raw.lower(), len(raw)
    while found := next((sign for sign in _INVISIBLE_ENDS if folded.endswith(sign, 0, end)), b""):
        end -= len(found)
    return raw[:end]


def read_link(query: bytes) -> Link:
    """The parameters of a link by their clean names; known names in any case where no exact one stands beside them."""
    link = {name.encode(): value for name, value in read_pairs(query)}
    for name in [name for name in link if name not in LINK_NAMES]:
        folded = name.lower()
        if folded in LINK_NAMES and not link.get(folded):
            link[folded] = link.pop(name)
    return link


def _take_known(link: Link) -> tuple[Key, bytes]:
    """What a decision needs, and the subid; the rest stays."""
    pop = link.pop
    return (pop(b"cpid", None), pop(b"pid", None), pop(b"wmid", None), pop(b"target", None)), pop(b"subid", b"")


def encoded(text: str | None) -> bytes:
    return encode(text.encode("utf-8", "replace")) if text else b""


class Picture:
    """One published catalog and the decisions that were made with it."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.version = catalog.version
        self.guarded = {program.id: program.access for program in catalog.programs.values() if program.access.looks}
        """Programs of whose callers something is to be found out."""
        self._plans: dict[Key, Plan] = {}
        self._plain_names: set[bytes] = set(LINK_NAMES)
        self._known: dict[tuple[bytes, bytes], Plan] = {}
        """Plans by what stands before and behind the subid, of links that hold nothing unusual."""

    def read(self, query: bytes) -> tuple[Plan, bytes, Link]:
        """(decision, raw subid, all parameters that the decision did not need) of a link.

        Links differ in their subid only, so what stands around it is looked up as a whole
        before anything is taken apart.
        """
        before, _, rest = query.partition(b"subid=")
        subid, _, behind = rest.partition(b"&")
        plan = self._known.get((before, behind))
        if plan is not None:
            return plan, subid, NOTHING
        return self._take_apart(query, (before, behind))

    def _take_apart(self, query: bytes, around: tuple[bytes, bytes]) -> tuple[Plan, bytes, Link]:
        """Of a repeated parameter the last one counts."""
        link = {name: value for name, _, value in [pair.partition(b"=") for pair in query.split(b"&")]}
        pop = link.pop
        key = (pop(b"cpid", None), pop(b"pid", None), pop(b"wmid", None), pop(b"target", None))
        subid = pop(b"subid", b"")
        if SEMICOLON in query or (link and not link.keys() <= self._plain_names and self._are_odd(link)):
            link = read_link(query)
            key, subid = _take_known(link)
            return self.plan(key), subid, link
        plan = self.plan(key)
        before, behind = around
        if link or len(before) == len(query) or len(before) + len(behind) > MAX_KEY_BYTES:
            return plan, subid, link
        if query.count(b"subid=") == 1 and (not before or before.endswith(b"&")):
            if len(self._known) >= MAX_PLANS:
                self._known.clear()
            self._known[around] = plan
        return plan, subid, link

    def _are_odd(self, names: Iterable[bytes]) -> bool:
        """Whether one of them is not written as a parameter's name; those that are need no second look."""
        if not all(map(_is_plain, names)):
            return True
        if len(self._plain_names) < MAX_PLANS:
            self._plain_names.update(names)
        return False

    def plan(self, key: Key) -> Plan:
        return self._plans.get(key) or self._make(key)

    def _make(self, key: Key) -> Plan:
        plan = Plan(key, self.catalog)
        if sum(len(raw) for raw in key if raw) <= MAX_KEY_BYTES:
            if len(self._plans) >= MAX_PLANS:
                self._plans.clear()
            self._plans[key] = plan
        return plan


EMPTY = Catalog(version=0, published_ms=0, prefix="QC")


class Watch:
    """Follows the published file: a look costs one stat, a change one read."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / catalogfile.CURRENT
        self._seen: tuple[int, int, int] | None = None
        self.picture = Picture(EMPTY)
        self.swaps = 0
        self.faults = 0
        self.fault = "no catalog was published yet"
        """Why the newest file is not in use; empty where it is."""

    def look(self) -> bool:
        """Swap in what was published since the last look; True where it was. Never raises."""
        try:
            state = self._path.stat()
        except OSError:
            return self._fall_back()
        mark = (state.st_mtime_ns, state.st_ino, state.st_size)
        if mark == self._seen:
            return False
        self._seen = mark
        return self._swap()

    def _swap(self) -> bool:
        try:
            catalog = catalogfile.read(self._path)
        except (OSError, CatalogError) as fault:
            return self._keep(str(fault)) or self._fall_back()
        if catalog.version < self.picture.version:
            return self._keep(f"catalog {catalog.version} is older than {self.picture.version}")
        self.picture = Picture(catalog)
        self.swaps += 1
        self.fault = ""
        return True

    def _keep(self, fault: str) -> bool:
        self.faults += 1
        self.fault = fault
        return False

    def _fall_back(self) -> bool:
        """A worker that starts while the file is missing or damaged takes up the newest that was kept."""
        if self.picture.version:
            return False
        for path in sorted(self._path.parent.glob("v*.msgpack"), reverse=True):
            try:
                self.picture = Picture(catalogfile.read(path))
            except (OSError, CatalogError):
                continue
            self.swaps += 1
            self.fault = f"{self._path} cannot be read; {path.name} is the newest catalog that was kept"
            return True
        return False
