"""`clicktrail demo`: everything, with a small shop to click through."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_DATA = Path(".data/demo")


def demo(
    data: Annotated[
        Path | None,
        typer.Option(
            envvar="CLICKTRAIL_DATA",
            help="Data folder of the demo, kept between runs; refuses a real installation's. "
            f"Without it {DEFAULT_DATA}, and for --check one that is deleted afterwards.",
            file_okay=False,
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Walk the five steps by itself, and exit with 0 or 1."),
    ] = False,
    history: Annotated[
        bool,
        typer.Option(
            "--history/--no-history",
            help="Fill a new demo with ninety days of clicks and orders; not for --check.",
        ),
    ] = True,
) -> None:
    """Run a server with a demo shop, on this machine only.

    Makes a data folder, loads programs with partners and ninety days of history, finds free ports, and prints
    partner links to click, the console's address, user and password. Ctrl-C stops it.
    """
    if check and data is None:
        with tempfile.TemporaryDirectory(prefix="clicktrail-demo-") as folder:
            raise typer.Exit(_run(Path(folder) / "data", check, past=False))
    raise typer.Exit(_run(data or DEFAULT_DATA, check, past=history and not check))


def _run(data: Path, check: bool, past: bool) -> int:
    from clicktrail.demo.run import Demo

    return Demo(data, lambda text: print(text, flush=True), check=check, past=past).run()
