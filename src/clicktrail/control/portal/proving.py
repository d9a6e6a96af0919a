"""Whether an applicant's address is his own: a link by mail, where a mail server is set up.

Sign-up answers everybody alike and at once; a thread sends the mails afterwards. The link alone opens nothing: it
leads to the sign-in, so it proves that who chose the password reads the mails. Without a mail server nobody is asked,
and the application says so to whoever decides.
"""

import logging
import threading

from django.contrib import messages
from django.core import signing
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clicktrail import heartbeat
from clicktrail.control.accounts.activity import note
from clicktrail.control.accounts.models import Account, Role
from clicktrail.control.portal import mails
from clicktrail.control.portal.models import Acceptance, Application, ApplicationState
from clicktrail.core.periods import DAY_MS
from clicktrail.settings import Settings

MAX_UNPROVEN_DAYS = 7
"""So long is a link good; an application whose address was not proven by then is forgotten."""
MAX_FORGOTTEN = 100
"""Applications at once."""
AGAIN_HOURS = 6
"""Between two mails to one address."""
LOOK_EVERY_S = 1.0
HOUR_MS = 3_600_000
PURPOSE = "clicktrail.portal.address"

log = logging.getLogger(__name__)
_wanted = threading.Event()


def unproven() -> QuerySet[Application]:
    return Application.objects.filter(state=ApplicationState.WAITING, confirmed_ms=None)


def wake() -> None:
    """There is somebody to be asked."""
    _wanted.set()


def ask_next(settings: Settings) -> bool:
    """Send one applicant his link; False where none waits for it. One attempt: he can ask for another."""
    if not settings.smtp_host:
        return False
    now_ms = heartbeat.now_ms()
    waiting = unproven().filter(asked_ms=None, at_ms__gte=now_ms - MAX_UNPROVEN_DAYS * DAY_MS)
    row = waiting.order_by("id").first()
    if row is None:
        return False
    if waiting.filter(pk=row.pk).update(asked_ms=now_ms):
        mails.proof(row, reverse("portal:prove", args=[signing.dumps(row.pk, salt=PURPOSE)]), MAX_UNPROVEN_DAYS)
    return True


def forget() -> None:
    """Those who were asked and never came back: their addresses are free again."""
    old = unproven().filter(asked_ms__isnull=False, at_ms__lt=heartbeat.now_ms() - MAX_UNPROVEN_DAYS * DAY_MS)
    for row in list(old[:MAX_FORGOTTEN]):
        with transaction.atomic():
            if unproven().filter(pk=row.pk).delete()[0]:
                Acceptance.objects.filter(account_id=row.account_id).delete()
                Account.objects.filter(pk=row.account_id, role=Role.PARTNER, partner_id=None).delete()


def watch(settings: Settings, stop: threading.Event) -> None:
    """Until `stop`. A ledger out of reach is tried again."""
    if not settings.smtp_host:
        stop.wait()
    while not stop.is_set():
        try:
            forget()
            while not stop.is_set() and ask_next(settings):
                pass
        except DatabaseError as fault:
            log.warning("applicants wait for the ledger: %s", fault)
        finally:
            connection.close()
        _wanted.wait(LOOK_EVERY_S)
        _wanted.clear()


# Pages, for the applicant himself


@require_safe
def prove(request: HttpRequest, token: str) -> HttpResponse:
    """What the link leads to, signed in: a program that opens every link of a mail proves nothing."""
    try:
        number = signing.loads(token, salt=PURPOSE, max_age=MAX_UNPROVEN_DAYS * DAY_MS // 1000)
    except signing.BadSignature:
        number = None
    row = Application.objects.filter(pk=number, account_id=request.user.pk).first()
    if row is None:
        messages.error(request, _("This link is too old, not whole, or of another application."))
    else:
        if Application.objects.filter(pk=row.pk, confirmed_ms=None).update(confirmed_ms=heartbeat.now_ms()):
            note(request, "address confirmed", str(row))
        messages.success(request, _("Thank you: your e-mail is confirmed."))
    return HttpResponseRedirect(reverse("portal:overview"))


@require_POST
def ask_again(request: HttpRequest) -> HttpResponse:
    since_ms = heartbeat.now_ms() - AGAIN_HOURS * HOUR_MS
    own = unproven().filter(account_id=request.user.pk)
    if own.filter(asked_ms__lt=since_ms).update(asked_ms=None) or own.filter(asked_ms=None).exists():
        wake()
        messages.success(request, _("A mail with a new link is on its way."))
    else:
        said = _("A mail was sent less than %(hours)s hours ago. Look among the unwanted mails, too.")
        messages.error(request, said % {"hours": AGAIN_HOURS})
    return HttpResponseRedirect(reverse("portal:overview"))
