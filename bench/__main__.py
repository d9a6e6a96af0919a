"""`script/bench`: measure, print the table, and with --write put it into docs/performance.md."""

import argparse
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

from bench import courier, measure, pages
from bench.postgres import postgres

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- {} begins -->", "<!-- {} ends -->"


MANY = 20_000_000


def engine_on_both(rounds: int, seconds: int) -> list[measure.Row]:
    rows = measure.engine(rounds, seconds, "")
    with postgres() as database:
        return rows + measure.engine(rounds, seconds, database)


def engine_with_many_on_both(rounds: int, seconds: int) -> list[measure.Row]:
    rows = measure.engine_with_many(rounds, seconds, ("", ""), MANY)
    print(table(rows), file=sys.stderr, flush=True)
    with postgres() as one, postgres() as other:
        return rows + measure.engine_with_many(rounds, seconds, (one, other), MANY)


def courier_on_both() -> list[measure.Row]:
    rows = courier.courier()
    with postgres() as database:
        return rows + courier.courier(database)


def table(rows: list[measure.Row]) -> str:
    lines = ["| what | figure | wanted | held |", "| --- | --- | --- | --- |"]
    lines += [f"| {row.what} | {row.figure} | {row.wanted} | {'yes' if row.held else '**no**'} |" for row in rows]
    return "\n".join(lines)


def write(text: str, command: str, name: str) -> None:
    """Put a table between the marks of its name, in place of the one before."""
    page = PAGE.read_text(encoding="utf-8")
    begin, end = BEGIN.format(name), END.format(name)
    head, tail = page.split(begin)[0], page.split(end)[1]
    machine = f"{os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}"
    PAGE.write_text(f"{head}{begin}\n\nMade by `{command}` ({machine}):\n\n{text}\n\n{end}{tail}", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument(
        "what", nargs="*", help="edge, everything, engine, memory, courier, big, pages; default: the first five"
    )
    parser.add_argument("--rounds", type=int, default=5, help="turns of each side (default 5)")
    parser.add_argument("--seconds", type=int, default=5, help="length of a turn (default 5)")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--keep", type=Path, help="of pages: make the ledger in this folder, or use the one there")
    parser.add_argument(
        "--postgres", action="store_true", help="of pages: of the same ledger, carried over to PostgreSQL"
    )
    options = parser.parse_args()
    parts: dict[str, Callable[[], list[measure.Row]]] = {
        "edge": lambda: measure.edge_alone(options.rounds, options.seconds),
        "everything": lambda: measure.everything(options.rounds, options.seconds),
        "engine": lambda: engine_on_both(options.rounds, options.seconds),
        "memory": lambda: measure.memory(2_000_000),
        "courier": courier_on_both,
        "pages": lambda: pages.pages(max(options.rounds, pages.ROUNDS), options.keep, on_postgres=options.postgres),
        "big": lambda: engine_with_many_on_both(options.rounds, options.seconds),
    }
    unknown = set(options.what) - set(parts)
    if unknown:
        parser.error(f"there is no part {', '.join(unknown)}; there are {', '.join(parts)}")
    rows: list[measure.Row] = []
    for name in options.what or [name for name in parts if name not in ("big", "pages")]:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        found = parts[name]()
        print(table(found), file=sys.stderr, flush=True)
        rows += found
    print(table(rows))
    if options.write:
        name = f"table of {options.what[0]}" if options.what in (["big"], ["courier"], ["pages"]) else "table"
        name += " on PostgreSQL" if options.postgres else ""
        write(table(rows), " ".join(["script/bench", *sys.argv[1:]]), name)
    return 0 if all(row.held for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
