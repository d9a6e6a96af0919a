"""What an account may see and do: one frozen value, asked by every page.

| role | sees | changes | beyond that |
| --- | --- | --- | --- |
| owner | everything, or the programs named | the same | people, API keys, terms |
| manager | everything, or the programs named | the same | |
| reader | everything, or the programs named | nothing | |
| partner | his own, in the portal alone | his own postback and account | |

A list of the console asks `Page` (console/page.py), which asks here. A view of its own asks itself:

    rights = rights_of(request)
    rows = rights.narrowed(Transaction.objects.all())
    rights.must_see(program)   # 404 otherwise
    rights.must_edit()         # 403 otherwise
"""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from clicktrail.control.accounts.models import Role


@dataclass(frozen=True, slots=True)
class Rights:
    role: str
    programs: frozenset[int] | None = None
    """None: every program."""
    partner: int | None = None

    @property
    def is_inside(self) -> bool:
        """Whether the console is for them at all."""
        return self.role in (Role.OWNER, Role.MANAGER, Role.READER)

    @property
    def edits(self) -> bool:
        return self.role in (Role.OWNER, Role.MANAGER)

    @property
    def owns(self) -> bool:
        """Owners of single programs look after these, not after people."""
        return self.role == Role.OWNER and self.programs is None

    @property
    def is_partner(self) -> bool:
        return self.role == Role.PARTNER

    @property
    def sees_all(self) -> bool:
        return self.is_inside and self.programs is None

    def sees(self, program: int | None) -> bool:
        """None, what belongs to no program: for who sees every one."""
        return self.is_inside and (self.programs is None or program in self.programs)

    def narrowed(self, rows: QuerySet, column: str = "program_id") -> QuerySet:
        """Those of the rows that may be seen."""
        if not self.is_inside:
            return rows.none()
        return rows if self.programs is None else rows.filter(**{f"{column}__in": sorted(self.programs)})

    def must_see(self, program: int | None) -> None:
        if not self.sees(program):
            raise Http404(_("There is no such page, or it is not for you."))

    def must_edit(self) -> None:
        if not self.edits:
            raise PermissionDenied(
                _("Your account may look at this, but not change it. Ask an owner for the role of a manager.")
            )

    def must_own(self) -> None:
        if not self.owns:
            raise PermissionDenied(_("This is for owners. Ask one of them."))


NOBODY = Rights("")


def rights_of(request: HttpRequest) -> Rights:
    """Of who asks; worked out once a request."""
    found: Rights | None = getattr(request, "_rights", None)
    if found is None:
        found = rights_of_account(getattr(request, "user", None))
        request._rights = found  # type: ignore[attr-defined]
    return found


def rights_of_account(account: Any) -> Rights:
    if account is None or not account.is_authenticated or not account.is_active:
        return NOBODY
    if account.role == Role.PARTNER:
        return Rights(Role.PARTNER, frozenset(), account.partner_id)
    if not account.is_staff:
        return NOBODY
    return Rights(account.role, frozenset(account.programs) if account.programs else None)
