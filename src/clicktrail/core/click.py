"""What a click leads to: where the visitor goes, and whether the partner is credited. Pure.

A visitor is never stranded: whatever is wrong with a link, he lands on the program's default
target; only an unknown program has nowhere to send him.
"""

from dataclasses import dataclass

from clicktrail.core import deeplink, reasons
from clicktrail.core.catalog import Catalog, Creative, Program
from clicktrail.core.ids import names_creative, read_id
from clicktrail.core.placeholders import Template, compile_template, with_clickid
from clicktrail.core.secretnames import hide_inside

DEFAULT_TARGET = "default"


@dataclass(frozen=True, slots=True)
class Decision:
    outcome: str
    """`ok`; a reason code: redirected without a credit; `unknown_program`: answer 404, record nothing."""
    program: int
    """0 where it is unknown."""
    partner: int
    """As asked for; 0 where the link names none or no number."""
    creative: int
    """As asked for; 0 where the link names none, `cc` or no number."""
    target: str
    """Alias that the visitor is sent to, or the full address of a deeplink."""
    template: Template | None
    """None for an unknown program, and for one without any click target."""


_NOWHERE = Decision(reasons.UNKNOWN_PROGRAM, 0, 0, 0, "", None)


def decide(cpid: str | None, pid: str | None, wmid: str | None, target: str | None, catalog: Catalog) -> Decision:
    """Judge one link. Arguments are the link's texts, decoded once; empty counts as left out."""
    creative = catalog.creatives.get(read_id(wmid) or 0)
    program = _program(cpid, creative, catalog)
    if program is None:
        return _NOWHERE
    if creative is not None and creative.program != program.id:
        creative = None
    partner, asked_creative = read_id(pid) or 0, read_id(wmid) or 0
    outcome = _outcome(program, partner, wmid, creative, target, catalog)
    goal, template = _goal(program, creative, target) if outcome == reasons.OK else _default(program)
    return Decision(outcome, program.id, partner, asked_creative, goal, template)


def _program(cpid: str | None, creative: Creative | None, catalog: Catalog) -> Program | None:
    """The one that the link names; where it names none, the creative's."""
    if cpid:
        return catalog.programs.get(read_id(cpid) or 0)
    return catalog.programs.get(creative.program) if creative is not None else None


def _outcome(
    program: Program, partner: int, wmid: str | None, creative: Creative | None, target: str | None, catalog: Catalog
) -> str:
    """`ok`, or why nobody is credited, in the order of checks of a postback."""
    if program.state != "active":
        return reasons.PROGRAM_PAUSED
    known = catalog.partners.get(partner)
    if known is None:
        return reasons.UNKNOWN_PARTNER
    if known.state != "active":
        return reasons.PARTNER_INACTIVE
    if names_creative(wmid) and (creative is None or creative.state != "active"):
        return reasons.UNKNOWN_CREATIVE
    if target and target not in program.targets and not deeplink.is_address(target):
        return reasons.UNKNOWN_CREATIVE
    return reasons.OK


def _goal(program: Program, creative: Creative | None, target: str | None) -> tuple[str, Template | None]:
    """Where a credited click goes. An address on a host that is not listed keeps its credit, not its goal."""
    if target and target in program.targets:
        return target, compile_template(program.targets[target])
    if target:
        address = deeplink.allowed(target, program.deeplink_hosts)
        if address is not None:
            return hide_inside(address), compile_template(with_clickid(address, program.click_parameter))
    elif creative is not None and creative.target in program.targets:
        return creative.target, compile_template(program.targets[creative.target])
    return _default(program)


def _default(program: Program) -> tuple[str, Template | None]:
    """The target `default`; a program without one sends its visitors to its first."""
    if not program.targets:
        return "", None
    alias = DEFAULT_TARGET if DEFAULT_TARGET in program.targets else next(iter(program.targets))
    return alias, compile_template(program.targets[alias])
