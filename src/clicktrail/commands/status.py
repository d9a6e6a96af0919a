"""`clicktrail status`: journals, lag, catalog and processes of one data folder, at a glance."""

import json
from typing import Annotated, Any

import typer

from clicktrail.commands.options import takes_data
from clicktrail.settings import Settings


@takes_data
def status(
    settings: Settings,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """Show journals, lag, catalog version and processes; works with the server running or stopped."""
    from clicktrail import standing, wiring

    wiring.require_initialised(settings)
    found = standing.look(settings)
    if as_json:
        print(json.dumps(found, indent=1))
    else:
        print("\n".join(_lines(found)))


def _lines(found: dict[str, Any]) -> list[str]:
    return [
        f"Data folder  {found['data']}",
        *(f"  ! {warning}" for warning in found["warnings"]),
        *_ledger(found["ledger"], found["lag"]),
        *_calls(found["calls"]),
        *_alarms(found["alarms"]),
        *_catalog(found["catalog"]),
        *_journals(found["journals"]),
        *_processes(found["processes"]),
    ]


def _ledger(ledger: dict[str, Any], lag: dict[str, Any]) -> list[str]:
    if ledger["fault"]:
        return [f"Ledger       {ledger['fault']}"]
    behind = f"{lag['events']} events, {lag['seconds']:.1f} s behind" if lag["events"] else "has everything"
    aside = [f"  ! {ledger['set_aside']} events could not be stored and are set aside"] if ledger["set_aside"] else []
    return [f"Ledger       {behind}", *aside]


def _calls(calls: dict[str, int]) -> list[str]:
    if not calls:
        return []
    return [f"Calls        {', '.join(f'{reason} {number}' for reason, number in calls.items())} (24 hours)"]


def _alarms(headlines: list[str]) -> list[str]:
    if not headlines:
        return []
    return [f"Alarms       {len(headlines)} open: see `clicktrail alarms`", *(f"  ! {line}" for line in headlines)]


def _catalog(catalog: dict[str, Any]) -> list[str]:
    versions = [f"ledger {_or_dash(catalog['ledger'])}", f"file {_or_dash(catalog['file'])}"]
    versions += [f"{name} {version}" for name, version in catalog["processes"].items()]
    return [f"Catalog      {', '.join(versions)}"]


def _or_dash(value: object) -> str:
    return "–" if value is None else str(value)


def _journals(journals: list[dict[str, Any]]) -> list[str]:
    if not journals:
        return ["Journals     none yet"]
    faults = [f"  ! {fault}" for j in journals for fault in j["faults"]]
    return ["Journals", *(_journal(j) for j in journals), *faults]


def _journal(journal: dict[str, Any]) -> str:
    files = f"{journal['files']} files, {journal['sealed']} sealed, {_size(journal['bytes'])}"
    return f"  node {journal['node']:04d}    {files}, {journal['lag_events']} events unread"


def _size(number: int) -> str:
    size, unit = float(number), "bytes"
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000
    return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"


def _processes(processes: list[dict[str, Any]]) -> list[str]:
    if not processes:
        return ["Processes    none"]
    return ["Processes", *(_process(p) for p in processes)]


def _process(process: dict[str, Any]) -> str:
    if not process["alive"]:
        return f"  {process['name']:<12} gone (was process {process['pid']})"
    restarts = f", restarted {process['restarts']} times" if process["restarts"] else ""
    return f"  {process['name']:<12} process {process['pid']}, up {_duration(process['up_s'])}{restarts}"


def _duration(seconds: float) -> str:
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
