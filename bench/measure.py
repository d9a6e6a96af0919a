"""What is measured. Every comparison takes both sides in turn, in one run; medians are
told, since machines are noisy."""

import http.client
import json
import statistics
import time
from dataclasses import dataclass

from bench.installation import Installation, installation
from bench.ledger import count, fill
from bench.processes import Load, children, cpu_seconds, memory_mb, nginx, pinned, running, wrk

CLICK = "/go.cgi?cpid=1&pid=7&wmid=1&subid="
CALL = "/get_trans.cgi?cpid=1&pid=7&umsatz=95.50&produkt=Sale&tid="


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what, the figure, and what it should be."""

    what: str
    figure: str
    wanted: str
    held: bool


@dataclass(frozen=True, slots=True)
class Side:
    """One server under the same load, several times."""

    loads: list[Load]
    cpu_s: list[float]

    @property
    def rate(self) -> float:
        return statistics.median(load.rate for load in self.loads)

    @property
    def p99_ms(self) -> float:
        return statistics.median(load.p99_ms for load in self.loads)

    @property
    def cpu_us_each(self) -> float:
        return statistics.median(cpu / load.requests * 1e6 for cpu, load in zip(self.cpu_s, self.loads, strict=True))


def _loaded(port: int, pid: int, seconds: int, prefix: str, run: str, cores: str | None) -> tuple[Load, float]:
    before = cpu_seconds(pid)
    load = wrk(port, seconds, prefix, run, cores)
    if load.errors:
        raise RuntimeError(f"{load.errors} of the requests to port {port} went wrong")
    return load, cpu_seconds(pid) - before


def in_turn(sides: dict[str, tuple[int, int, str]], rounds: int, seconds: int, cores: str | None) -> dict[str, Side]:
    """Each side (port, pid, path) loaded in turn; one warm-up of a second each first."""
    for port, pid, prefix in sides.values():
        _loaded(port, pid, 1, prefix, "w", cores)
    taken: dict[str, list[tuple[Load, float]]] = {name: [] for name in sides}
    for turn in range(rounds):
        for name, (port, pid, prefix) in sides.items():
            taken[name].append(_loaded(port, pid, seconds, prefix, f"{name}{turn}", cores))
    return {name: Side([load for load, _ in pairs], [cpu for _, cpu in pairs]) for name, pairs in taken.items()}


def _same(where: Installation, what: str, answered: int, seen: int) -> Row:
    """Every answer that the load saw was counted, and every one counted is a row."""
    stored = count(where, what)
    held = stored == answered >= seen
    return Row(f"{what} answered = in the ledger", f"{answered:,} = {stored:,}", "the same number", held)


def _seen(side: Side) -> int:
    return sum(load.requests for load in side.loads)


def edge_alone(rounds: int, seconds: int) -> list[Row]:
    """One worker on one core, the load on the other; nothing else runs."""
    with installation() as where, nginx("0") as (nginx_port, nginx_pid):
        command = pinned("0", *where.edge_command())
        with running(command, where.edge_port, env=where.environ) as edge:
            sides = {
                "nginx": (nginx_port, nginx_pid, CLICK),
                "click": (where.edge_port, edge.pid, CLICK),
                "call": (where.edge_port, edge.pid, CALL),
            }
            measured = in_turn(sides, rounds, seconds, "1")
            clicks, calls = where.answered("clicks"), where.answered("postbacks")
        where.run("engine", "--once")
        base, click, call = (measured[name] for name in sides)
        return [
            at_least("durable clicks/s of one worker, to nginx", click.rate / base.rate, 0.35),
            at_most("p99 under that load, to nginx", click.p99_ms / base.p99_ms, 8),
            Row("CPU seconds a click, to nginx", f"{click.cpu_us_each / base.cpu_us_each:.1f}", "told", True),
            at_least("durable postbacks/s, to its clicks", call.rate / click.rate, 0.6),
            *(_absolute(name, side) for name, side in measured.items()),
            _same(where, "clicks", clicks, _seen(click)),
            _same(where, "postbacks", calls, _seen(call)),
        ]


def at_least(what: str, figure: float, wanted: float) -> Row:
    return Row(what, f"{figure:.2f}", f"at least {wanted}", figure >= wanted)


def at_most(what: str, figure: float, wanted: float) -> Row:
    return Row(what, f"{figure:.1f}", f"at most {wanted}", figure <= wanted)


def _absolute(name: str, side: Side) -> Row:
    figure = f"{side.rate:,.0f}/s, p99 {side.p99_ms:.1f} ms, CPU {side.cpu_us_each:.1f} us each"
    return Row(f"for the record, on this machine: {name}", figure, "told", True)


def everything(rounds: int, seconds: int) -> list[Row]:
    """Edge, engine, courier, console and the load, all on the same two cores."""
    with installation() as where, nginx(None) as (nginx_port, nginx_pid):
        with running(where.serve_command(), where.edge_port, env=where.environ) as server:
            ours, theirs = [], []
            for turn in range(rounds):
                wait_until_level(where)
                theirs.append(wrk(nginx_port, seconds, CLICK, f"n{turn}", None).rate)
                ours.append(wrk(where.edge_port, seconds, CLICK, f"e{turn}", None).rate)
            clicks = where.answered("clicks")
            wait_until_level(where)
            together_mb = memory_mb(children(server.pid))
            waits_ms = sorted(verdict_ms(where.edge_port, number) for number in range(500))
        ratio = statistics.median(ours) / statistics.median(theirs)
        return [
            at_least("durable clicks/s with everything on the same cores, to nginx", ratio, 0.2),
            _same(where, "clicks", clicks, 0),
            at_most("everything together, MB", together_mb, 600),
            at_most("JSON verdict, unloaded, p50 ms", waits_ms[len(waits_ms) // 2], 15),
            at_most("JSON verdict, unloaded, p99 ms", waits_ms[int(len(waits_ms) * 0.99)], 60),
        ]


def wait_until_level(where: Installation, within_s: float = 600) -> None:
    """Until the engine has applied all that the journals hold."""
    deadline = time.monotonic() + within_s
    while where.lag() > 0:
        if time.monotonic() > deadline:
            raise RuntimeError(f"the engine is {where.lag()} events behind after {within_s} s")
        time.sleep(0.5)


def verdict_ms(port: int, number: int) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        begin = time.perf_counter()
        connection.request("GET", f"{CALL}verdict{number}&nocheck=1&format=json")
        answer = connection.getresponse()
        verdict = json.loads(answer.read())
        took_ms = (time.perf_counter() - begin) * 1e3
    finally:
        connection.close()
    if not verdict["saved"]:
        raise RuntimeError(f"call {number} was not saved: {verdict}")
    return took_ms


def memory(clicks: int) -> list[Row]:
    """An edge worker's memory after so many clicks."""
    with installation() as where, running(where.edge_command(), where.edge_port, env=where.environ) as edge:
        turn = 0
        while where.answered("clicks") < clicks:
            wrk(where.edge_port, 20, CLICK, f"m{turn}", None)
            turn += 1
        used, answered = memory_mb([edge.pid]), where.answered("clicks")
    return [at_most(f"edge worker after {answered:,} clicks, MB", used, 90)]


class Applying:
    """One installation whose engine is timed turn by turn: what one worker just took in, a new subid each."""

    def __init__(self, where: Installation, stored_clicks: int) -> None:
        self.where = where
        self.before = count(where, "clicks") + stored_clicks
        self.intake: list[float] = []
        self.applied: list[float] = []
        self.clicks = self.seen = 0
        kind = "PostgreSQL" if where.database else "SQLite"
        self.name = f"engine on {kind}" + (f" with {stored_clicks:,} clicks stored" if stored_clicks else "")
        if stored_clicks:
            fill(where, stored_clicks)

    def turn(self, seconds: int, run: str) -> None:
        load, answered = _take_in(self.where, seconds, run)
        self.intake.append(load.rate)
        self.applied.append(_applied_per_s(self.where, answered))
        self.clicks, self.seen = self.clicks + answered, self.seen + load.requests

    @property
    def rate(self) -> float:
        return statistics.median(self.applied)

    def rows(self) -> list[Row]:
        intake_per_s = statistics.median(self.intake)
        figure = f"{self.rate:,.0f}/s applied, {intake_per_s:,.0f}/s taken in"
        return [
            at_least(f"{self.name}: clicks applied/s, to one worker's intake", self.rate / intake_per_s, 1.5),
            Row(f"for the record, on this machine: {self.name}", figure, "told", True),
            _same(self.where, "clicks", self.before + self.clicks, self.seen),
        ]


def engine(rounds: int, seconds: int, database: str) -> list[Row]:
    with installation(database) as where:
        empty = Applying(where, 0)
        for turn in range(rounds):
            empty.turn(seconds, f"e{turn}")
        return empty.rows() + ([] if database else [_room(where, empty.clicks)])


def engine_with_many(rounds: int, seconds: int, databases: tuple[str, str], stored_clicks: int) -> list[Row]:
    """A ledger with many clicks stored and one that was empty, in turn."""
    with installation(databases[0]) as one, installation(databases[1]) as other:
        many, empty = Applying(one, stored_clicks), Applying(other, 0)
        for turn in range(rounds):
            for side in (empty, many):
                side.turn(seconds, f"e{turn}")
        ratio = many.rate / empty.rate
        return [*many.rows(), at_least("that, to a ledger that was empty, in turn", ratio, 0.85)]


def _take_in(where: Installation, seconds: int, run: str) -> tuple[Load, int]:
    """One worker under load, alone; what the load saw, and how many clicks the worker answered."""
    with running(pinned("0", *where.edge_command()), where.edge_port, env=where.environ):
        load = wrk(where.edge_port, seconds, CLICK, run, "1")
        return load, where.answered("clicks")


def _room(where: Installation, clicks: int) -> Row:
    """What one of these clicks takes on disk; a browser's user agent and referrer add their lengths to both."""
    journal_bytes = sum(path.stat().st_size for path in (where.data / "journal").rglob("*.sqlite"))
    ledger_bytes = (where.data / "ledger.sqlite").stat().st_size
    figure = f"{journal_bytes / clicks:.0f} and {ledger_bytes / clicks:.0f} bytes"
    return Row("room of a click in the journal and in the ledger on SQLite", figure, "told", True)


def _applied_per_s(where: Installation, clicks: int) -> float:
    """The whole process, less the time that it takes to find nothing to do."""
    begin = time.perf_counter()
    where.run("engine", "--once")
    full_s = time.perf_counter() - begin
    begin = time.perf_counter()
    where.run("engine", "--once")
    empty_s = time.perf_counter() - begin
    return clicks / (full_s - empty_s)
