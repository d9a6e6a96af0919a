"""A write with an Idempotency-Key happens once: a repeat gets the answer that the first one got.

`together`: claim, write and answer are one transaction of the ledger; a repeat that comes at
the same moment waits for it. `beside`: the write is not the ledger's (a call goes to the
journal), so the claim is stored before it and the answer after it; a repeat in between is told
to come again, and a claim that a crash left behind is taken over after `LEASE_MS`.
"""

import hashlib
import json
import re
from collections.abc import Callable

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from clicktrail.control.api.keys import HOUR_MS, Caller, now_ms
from clicktrail.control.api.models import KeptAnswer
from clicktrail.control.api.problems import Fault, invalid

HEADER = "Idempotency-Key"
REPEATED = "Idempotency-Replayed"
LEASE_MS = 60_000
MAX_KEY = 255
SHOWN_ONCE = ("secret", "link")
"""Fields of an answer: a new key, a link to a story."""
SWEPT_ROWS = 200
"""Expired answers deleted by one write."""

_FORM = re.compile(r"[\x21-\x7e]{1,255}")

Run = Callable[[], HttpResponse]


def key_of(request: HttpRequest) -> str | None:
    key = request.headers.get(HEADER)
    if key is not None and not _FORM.fullmatch(key):
        raise invalid((HEADER, f"Use 1 to {MAX_KEY} visible ASCII characters, like a UUID."))
    return key


def together(caller: Caller, request: HttpRequest, key: str, run: Run) -> HttpResponse:
    with transaction.atomic():
        _sweep(caller, key)
        row, is_new = _claim(caller, request, key)
        if not is_new:
            return _repeat(row)
        response = run()
        if response.status_code >= 400:
            transaction.set_rollback(True)
        else:
            _keep(row, response)
        return response


def beside(caller: Caller, request: HttpRequest, key: str, run: Run) -> HttpResponse:
    with transaction.atomic():
        _sweep(caller, key)
        row, is_new = _claim(caller, request, key)
    if not is_new:
        return _repeat(row)
    response = run()
    if response.status_code >= 400:
        KeptAnswer.objects.filter(pk=row.pk).delete()
    else:
        _keep(row, response)
    return response


def _claim(caller: Caller, request: HttpRequest, key: str) -> tuple[KeptAnswer, bool]:
    """(row, whether this request is the one to be executed)."""
    request_hash = _hash(request)
    try:
        with transaction.atomic():
            row = KeptAnswer.objects.create(
                api_key_id=caller.id, idempotency_key=key, request_hash=request_hash, started_ms=now_ms()
            )
        return row, True
    except IntegrityError:
        row = KeptAnswer.objects.get(api_key_id=caller.id, idempotency_key=key)
    if row.request_hash != request_hash:
        raise Fault("key_reused", f"The {HEADER} {key!r} was used for another request of this key.")
    if row.status is None:
        return _take_over(row), True
    return row, False


def _take_over(row: KeptAnswer) -> KeptAnswer:
    now = now_ms()
    is_stale = now - row.started_ms > LEASE_MS
    mine = KeptAnswer.objects.filter(pk=row.pk, status=None, started_ms=row.started_ms)
    if not is_stale or not mine.update(started_ms=now):
        raise Fault("in_progress", "A request with this Idempotency-Key has begun and not ended yet.")
    return row


def _repeat(row: KeptAnswer) -> HttpResponse:
    response = HttpResponse(row.body, status=row.status, content_type="application/json; charset=utf-8")
    response[REPEATED] = "true"
    return response


def _keep(row: KeptAnswer, response: HttpResponse) -> None:
    KeptAnswer.objects.filter(pk=row.pk).update(status=response.status_code, body=_without_secret(response))


def _without_secret(response: HttpResponse) -> str:
    """What is shown once, and what opens a door, is not kept: the repeat tells all but it."""
    body: str = response.content.decode()
    if not any(f'"{name}"' in body for name in SHOWN_ONCE):
        return body
    told = json.loads(body)
    if not isinstance(told, dict):
        return body
    return json.dumps(told | {name: None for name in SHOWN_ONCE if name in told})


def _sweep(caller: Caller, key: str) -> None:
    expired = KeptAnswer.objects.filter(started_ms__lt=now_ms() - settings.CLICKTRAIL.idempotency_hours * HOUR_MS)
    expired.filter(api_key_id=caller.id, idempotency_key=key).delete()
    KeptAnswer.objects.filter(pk__in=list(expired.values_list("pk", flat=True)[:SWEPT_ROWS])).delete()


def _hash(request: HttpRequest) -> str:
    parts = (request.method or "", request.get_full_path(), "")
    return hashlib.sha256("\n".join(parts).encode() + request.body).hexdigest()
