"""Who belongs to the house: accounts made, roles given, people switched off; links by which they set their password.

Partners' own accounts are made and looked after by the portal. One owner of everything always remains.
"""

import hashlib
import secrets
from dataclasses import dataclass

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from clicktrail import heartbeat
from clicktrail.control.accounts.create import new_password
from clicktrail.control.accounts.models import Account, Invitation, Role, Session

INSIDE = (Role.OWNER, Role.MANAGER, Role.READER)
MAX_INVITATION_H = 48
HOUR_MS = 3_600_000
TOKEN_BYTES = 32
MAX_NAME = 150


class NotPossible(ValueError):
    """The sentence says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Part:
    """What somebody is to be."""

    role: str
    programs: tuple[int, ...] = ()
    """Empty: every one, later ones too."""

    @property
    def owns(self) -> bool:
        return self.role == Role.OWNER and not self.programs


def make(name: str, part: Part, email: str = "") -> Account:
    """An account without a password: nobody signs in to it yet. Raises NotPossible."""
    name = name.strip()
    try:
        UnicodeUsernameValidator()(name)
    except ValidationError:
        raise NotPossible(_("A username has letters, digits and @ . + - _ only, and no blanks.")) from None
    if len(name) > MAX_NAME:
        raise NotPossible(_("A username has at most %(number)d characters.") % {"number": MAX_NAME})
    account = Account(username=name, email=email)
    _give(account, part)
    account.set_unusable_password()
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError:
        raise NotPossible(_("There is an account of that name already. Choose another name.")) from None
    return account


def set_part(account: Account, part: Part) -> None:
    """Another role, other programs. Sessions go on, with the new rights from the next page on. Raises NotPossible."""
    with transaction.atomic():
        if not part.owns:
            _keep_an_owner(account)
        _give(account, part)
        account.save()


def switch_off(account: Account) -> None:
    """Sessions end, links too. The history keeps the name. Raises NotPossible."""
    with transaction.atomic():
        _keep_an_owner(account)
        account.is_active = False
        account.save()
        Invitation.objects.filter(account=account).delete()


def switch_on(account: Account) -> None:
    account.is_active = True
    account.save()


def end_sessions(account: Account) -> int:
    return int(Session.objects.filter(account=account).delete()[0])


def give_password(account: Account) -> str:
    """A new one, to be shown once; sessions and links end."""
    password = new_password()
    account.set_password(password)
    account.save()
    Invitation.objects.filter(account=account).delete()
    return password


def invite(account: Account, by: str) -> str:
    """The token of a link that is good once, for MAX_INVITATION_H. A password that is there stays good meanwhile."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    now_ms = heartbeat.now_ms()
    with transaction.atomic():
        Invitation.objects.filter(account=account).delete()
        Invitation.objects.create(
            token_hash=_hashed(token),
            account=account,
            made_by=by,
            made_ms=now_ms,
            expires_ms=now_ms + MAX_INVITATION_H * HOUR_MS,
        )
    return token


def invited(token: str) -> Account | None:
    """Whose link it is; None where it is used, replaced, too old, or never was one."""
    found = _good(token)
    return found.account if found else None


def accept(token: str, password: str) -> Account | None:
    """Set the password, once: of two at the same moment one gets None."""
    with transaction.atomic():
        found = _good(token)
        if found is None or not Invitation.objects.filter(pk=found.pk).delete()[0]:
            return None
        account: Account = found.account
        account.set_password(password)
        account.save()
    return account


def owners() -> list[Account]:
    """Who owns everything and can sign in."""
    rows = Account.objects.filter(role=Role.OWNER, is_active=True).order_by("pk")
    return [row for row in rows if not row.programs and row.has_usable_password()]


def _good(token: str) -> Invitation | None:
    rows = Invitation.objects.select_related("account").filter(pk=_hashed(token), account__is_active=True)
    return rows.filter(expires_ms__gt=heartbeat.now_ms()).first()


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _give(account: Account, part: Part) -> None:
    if part.role not in INSIDE:
        raise NotPossible(_("Choose a role: owner, manager or read only."))
    account.role, account.programs = part.role, sorted(set(part.programs))
    account.is_staff, account.is_superuser = True, part.owns


def _keep_an_owner(account: Account) -> None:
    """Two who demote each other come one after the other: the owners' rows are locked first."""
    list(Account.objects.select_for_update().filter(role=Role.OWNER).order_by("pk"))
    if [row.pk for row in owners()] == [account.pk]:
        raise NotPossible(
            _("%(name)s is the last owner who can sign in. Make somebody else an owner first.")
            % {"name": account.username}
        )
