"""The command `clicktrail`: one line for each command, found in `commands/`.

Command modules import what is heavy inside their functions, so that `--help` is quick.
"""

import sys

import typer

from clicktrail.commands import (
    account,
    alarms,
    catalog,
    control,
    courier,
    demo,
    doctor,
    edge,
    engine,
    export,
    forget,
    importing,
    init,
    judge,
    keys,
    mail,
    reconcile,
    rejudge,
    replay,
    serve,
    status,
    trace,
)
from clicktrail.errors import ClicktrailError

app = typer.Typer(
    help="Clicktrail, a tracking server for partner programs: from click to transaction, without any cookie.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # Paragraphs of a help text are filled, not cut where the source is.
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

BEGIN, DAILY, SINGLE = "To begin with", "Every day", "Single processes, for those who supervise them by themselves"

app.command("demo", rich_help_panel=BEGIN)(demo.demo)
app.command("init", rich_help_panel=BEGIN)(init.init)
app.command("serve", rich_help_panel=BEGIN)(serve.serve)
app.add_typer(catalog.commands, name="catalog", rich_help_panel=DAILY)
app.command("trace", rich_help_panel=DAILY)(trace.trace)
app.command("judge", rich_help_panel=DAILY)(judge.judge)
app.command("rejudge", rich_help_panel=DAILY)(rejudge.rejudge)
app.command("export", rich_help_panel=DAILY)(export.export)
app.command("forget", rich_help_panel=DAILY)(forget.forget)
app.add_typer(importing.commands, name="import", rich_help_panel=DAILY)
app.command("reconcile", rich_help_panel=DAILY)(reconcile.reconcile)
app.command("replay", rich_help_panel=DAILY)(replay.replay)
app.add_typer(account.commands, name="account", rich_help_panel=DAILY)
app.add_typer(keys.commands, name="keys", rich_help_panel=DAILY)
app.command("alarms", rich_help_panel=DAILY)(alarms.alarms)
app.add_typer(mail.commands, name="mail", rich_help_panel=DAILY)
app.command("status", rich_help_panel=DAILY)(status.status)
app.command("doctor", rich_help_panel=DAILY)(doctor.doctor)
app.command("edge", rich_help_panel=SINGLE)(edge.edge)
app.command("engine", rich_help_panel=SINGLE)(engine.engine)
app.command("courier", rich_help_panel=SINGLE)(courier.courier)
app.command("control", rich_help_panel=SINGLE)(control.control)


def main() -> None:
    """Errors of the house are one sentence on standard error and exit code 2."""
    try:
        app()
    except ClicktrailError as fault:
        print(f"clicktrail: {fault}", file=sys.stderr)
        raise SystemExit(2) from None
