"""The reference lists what the code has, no more and no less; no link leads nowhere."""

import re
from collections.abc import Iterator

import pytest
from house import documents, files, rules
from house.documents import DOCS, REFERENCE

from clicktrail import settings
from clicktrail.core import delivery, reasons, receivers
from clicktrail.core.placeholders import PLACEHOLDERS
from clicktrail.edge import health, routes
from clicktrail.journal import events

PAGES = [path for path in files.tracked() if path.suffix == ".md"]


def _page(name: str) -> str:
    return (REFERENCE / name).read_text()


def test_every_reason_code() -> None:
    told = documents.names(_page("reason-codes.md"), "# Reason codes")
    outcomes = documents.names(_page("reason-codes.md"), "## Outcomes of clicks")
    assert not documents.differences(told[: len(told) - len(outcomes)], list(reasons.REASONS))
    assert not documents.differences(outcomes, list(reasons.CLICK_OUTCOMES))


def test_reason_codes_stand_in_the_order_of_checks_with_their_status() -> None:
    rows = documents.rows(_page("reason-codes.md"))[: len(reasons.REASONS)]
    told = [(row[0].strip("`"), row[1]) for row in rows]
    assert dict(told) == {reason.code: str(reason.http_status) for reason in reasons.REASONS.values()}
    place = {code: step for step, group in enumerate(reasons.CHECK_ORDER) for code in group}
    steps = [place[code] for code, _ in told if code in place]
    assert steps == sorted(steps)


def test_every_setting_with_its_default() -> None:
    page = _page("settings.md")
    assert not documents.differences(documents.names(page), list(settings.names()))
    told = {row[0].strip("`"): row[1].strip("`") for row in documents.rows(page)}
    real = {name: _default(name) for name in settings.names()}
    assert {name: told[name] for name in real} == real


def _default(name: str) -> str:
    import msgspec

    default = next(f.default for f in msgspec.structs.fields(settings.Settings) if f.name == name)
    if default is msgspec.NODEFAULT or default in ("", ()):
        return "(none)"
    return ", ".join(default) if isinstance(default, tuple) else str(default)


def test_every_command() -> None:
    assert not documents.differences(documents.names(_page("commands.md")), sorted(_commands()))


def _commands() -> Iterator[str]:
    import typer.main

    from clicktrail.cli import app

    def walk(command: object, path: str) -> Iterator[str]:
        inner = getattr(command, "commands", None)
        if inner is None:
            yield path
            return
        for name, below in inner.items():
            yield from walk(below, f"{path} {name}")

    return walk(typer.main.get_command(app), "clicktrail")


def test_every_route() -> None:
    told = documents.rows(_page("routes.md"), "## The edge")[: len(routes.ROUTES)]
    real = [[f"`{path.decode()}`", ", ".join(methods)] for path, (methods, _) in routes.ROUTES.items()]
    assert [row[:2] for row in told] == real


def test_every_placeholder() -> None:
    page = _page("placeholders.md")
    for heading, known in (("## Click targets", PLACEHOLDERS), ("## Addresses of receivers", delivery.PLACEHOLDERS)):
        told = [name.strip("<% >") for name in documents.names(page, heading)]
        assert not documents.differences(told, [name.upper() for name in known])


def test_every_event_of_a_delivery() -> None:
    page = _page("deliveries.md")
    rows = documents.rows(page, "## Events")
    assert not documents.differences(documents.names(page, "## Events"), list(receivers.TRIGGERS))
    assert [row[1] for row in rows] == list(receivers.TRIGGERS.values())
    assert [row[2].strip("`") for row in rows] == [receivers.EVENTS[name] for name in receivers.TRIGGERS]
    for column, chosen in ((3, receivers.FOR_POSTBACKS), (4, receivers.FOR_WEBHOOKS)):
        yes = [name for name, row in zip(receivers.TRIGGERS, rows, strict=True) if row[column] == "yes"]
        assert yes == [*chosen, receivers.TEST]


@pytest.mark.parametrize("kind", events.Event.__args__)
def test_every_field_of_an_event(kind: type) -> None:
    heading = f"## {kind.__name__}: tag `{kind.__struct_config__.tag}`"
    assert documents.names(_page("journal.md"), heading) == list(kind.__struct_fields__)


def test_every_metric() -> None:
    import inspect

    real = re.findall(r'"(clicktrail_\w+)"', inspect.getsource(health))
    assert len(real) > 10
    assert not documents.differences(documents.names(_page("metrics.md")), real)


@pytest.mark.parametrize("what", ["clicks", "postbacks", "transactions", "adjustments"])
def test_every_export_column(what: str) -> None:
    """Read from the source, so that this test needs no database."""
    source = (rules.SOURCE / "control" / "ledger" / "export.py").read_text()
    block = source[source.index("EXPORTS = {") :]
    block = block[block.index(f'"{what}": Export(') + len(what) + 3 :]
    columns = re.findall(r'"(\w+)"', block[: block.index("),\n    ")])
    assert documents.names(_page("export.md"), f"## {what}") == columns


def test_every_file_of_the_data_folder_is_named() -> None:
    page = _page("data-folder.md")
    kept = [name for name in settings.Settings.__dict__ if name.endswith("_folder")]
    assert len(kept) == 6
    for name in kept:
        folder = name.removesuffix("_folder")
        assert f"`{folder}/" in page, f"{folder}/ is not described"


@pytest.mark.parametrize("name", [name for name in settings.names() if re.search(r"_(s|ms|bytes|days|events)$", name)])
def test_every_limit_that_is_a_setting(name: str) -> None:
    assert f"| `{name}` |" in _page("limits.md")


NAMED_LIMIT = re.compile(r"^((?:MAX|MOST)_[A-Z_]+|[A-Z_]*PATIENCE_[A-Z_]+) = |, (MAX_[A-Z_]+) = ", re.MULTILINE)


def test_every_limit_that_the_code_names() -> None:
    parts = ("core", "journal", "edge", "engine", "courier", "control", "commands")
    named = {
        name
        for part in parts
        for path in (rules.SOURCE / part).rglob("*.py")
        for found in NAMED_LIMIT.findall(path.read_text())
        for name in found
        if name
    }
    assert {"MAX_TEXT", "MAX_LIMIT", "MOST_CALLS", "MAX_A_HOST", "ROTATE_PATIENCE_S"} <= named
    page = _page("limits.md")
    assert sorted(name for name in named if f"| `{name}` |" not in page) == []


def test_every_decision_is_in_the_index_and_the_other_way_round() -> None:
    index = (DOCS / "decisions" / "README.md").read_text()
    records = sorted(path.name for path in (DOCS / "decisions").glob("[0-9]*.md"))
    assert len(records) >= 4
    assert not documents.differences(documents.LINK.findall(index), records)


def test_every_decision_that_the_code_names_exists() -> None:
    named = {
        name
        for path, text in files.texts(files.tracked())
        if path.suffix in (".py", ".md")
        for name in re.findall(r"decisions/(\d{4}-[\w-]+\.md)", text)
    }
    assert not {name for name in named if not (DOCS / "decisions" / name).exists()}


def test_every_package_stands_in_the_architecture() -> None:
    page = (DOCS / "architecture.md").read_text()
    for folder in (rules.SOURCE, rules.SOURCE / "control"):
        packages = {path.parent.name for path in folder.glob("*/__init__.py")}
        assert len(packages) > 5
        assert sorted(name for name in packages if f"`{name}`" not in page) == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    start = rules.ROOT / "README.md"
    seen, waiting = {start}, [start]
    while waiting:
        page = waiting.pop()
        for target in documents.LINK.findall(page.read_text()):
            goal = (page.parent / target.partition("#")[0]).resolve()
            if goal.suffix == ".md" and goal.exists() and goal not in seen:
                seen.add(goal)
                waiting.append(goal)
    lost = {page for page in PAGES if DOCS in page.parents} - seen
    assert not lost, lost


def test_no_link_leads_nowhere() -> None:
    found = [line for page in PAGES for line in documents.broken_links(page, page.read_text())]
    assert not found, "\n".join(found)


def test_the_checker_finds_what_is_missing_superfluous_and_double() -> None:
    table = "# T\n\n| code | when |\n| --- | --- |\n| `a` | x |\n| `b` | y |\n| `b` | y |\n"
    assert documents.names(table) == ["a", "b", "b"]
    assert documents.differences(documents.names(table), ["a", "c"]) == [
        "documented twice: b",
        "not documented: c",
        "documented, but not there: b",
        "documented, but not there: b",
    ]


def test_a_link_to_nowhere_is_found() -> None:
    page = DOCS / "architecture.md"
    assert list(
        documents.broken_links(page, "[a](nowhere.md) [b](reference/README.md#no-such) [c](https://x.example)")
    ) == [
        "architecture.md: nowhere.md is not there",
        "architecture.md: reference/README.md#no-such names no heading",
    ]
