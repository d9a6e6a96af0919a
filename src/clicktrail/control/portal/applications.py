"""Who asked to become a partner: who waits, and what somebody of the house decides.

for application in waiting(): ...
approve(application, "mona", [product, ...], Pays(percent_ppm=80_000))
decline(application, "mona", "We look for gardeners only.")
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from clicktrail import heartbeat
from clicktrail.control.accounts.activity import note
from clicktrail.control.accounts.models import Account
from clicktrail.control.catalog.models import Approval, Partner, PartnerRate, PartnerState, Product
from clicktrail.control.portal import mails
from clicktrail.control.portal.models import Application, ApplicationState


class AlreadyDecided(ValueError):
    """The sentence says so."""


@dataclass(frozen=True, slots=True)
class Pays:
    """A rate of the new partner's own: one of the two."""

    percent_ppm: int | None = None
    fixed_minor: int | None = None


@dataclass(slots=True)
class Decided:
    partner: Partner | None
    mail: str = ""
    """What became of the mail to the applicant, in a sentence; known once the transaction around it is committed."""


def waiting() -> QuerySet[Application]:
    """Oldest first."""
    return Application.objects.filter(state=ApplicationState.WAITING).order_by("id")


def approve(
    application: Application, actor: str, products: Iterable[Product] = (), rate: Pays | None = None
) -> Decided:
    """Make the partner, approved for these products, at this rate in place of theirs. Raises AlreadyDecided."""
    with transaction.atomic():
        _decide(application, ApplicationState.APPROVED, actor, "")
        partner = Partner(name=application.name, state=PartnerState.ACTIVE)
        partner.save()
        for product in products:
            Approval(partner=partner, program_id=product.program_id, product=product).save()
            if rate is not None:
                _rate(partner, product, rate)
        application.partner_id = partner.pk
        application.save(update_fields=["partner_id"])
        Account.objects.filter(pk=application.account_id).update(partner_id=partner.pk)
    note(actor, "partner approved", f"{application}", partner=partner.pk)
    return _told(Decided(partner), application, mails.approved)


def decline(application: Application, actor: str, why: str) -> Decided:
    """Raises AlreadyDecided. It may still be approved afterwards."""
    _decide(application, ApplicationState.DECLINED, actor, why)
    note(actor, "partner declined", f"{application}", why=why)
    return _told(Decided(None), application, mails.declined)


def _told(decided: Decided, application: Application, mail: Callable[[Application], str]) -> Decided:
    """A mail server may be slow: nobody waits at the ledger for it."""

    def send() -> None:
        decided.mail = mail(application)

    transaction.on_commit(send)
    return decided


def _decide(application: Application, state: ApplicationState, actor: str, why: str) -> None:
    """One of two who press at the same moment is the first."""
    open_states = [ApplicationState.WAITING, ApplicationState.DECLINED]
    rows = Application.objects.filter(pk=application.pk, state__in=open_states).exclude(state=state)
    decided = {"state": state, "decided_ms": heartbeat.now_ms(), "decided_by": actor, "why": why}
    if not rows.update(**decided):
        raise AlreadyDecided(_("Somebody has decided this application already."))
    for name, value in decided.items():
        setattr(application, name, value)


def _rate(partner: Partner, product: Product, rate: Pays) -> None:
    PartnerRate(partner=partner, product=product, percent_ppm=rate.percent_ppm, fixed_minor=rate.fixed_minor).save()
