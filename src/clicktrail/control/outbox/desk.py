"""What people do with receivers and deliveries: send again, test, change the key, start afresh."""

import time

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Max

from clicktrail import keys
from clicktrail.control.outbox import put, secrets
from clicktrail.control.outbox.models import Attempt, Delivery, DeliveryState, Receiver, Standing
from clicktrail.core.receivers import delivery_id

MOST_AGAIN = 1000
"""Deliveries sent again in one go."""


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def send_again(ids: list[int]) -> int:
    """Due now, with the delivery id that they had; returns how many. The courier finds them within a second."""
    at_ms = now_ms()
    return Delivery.objects.filter(pk__in=ids[:MOST_AGAIN]).update(
        state=DeliveryState.DUE, attempts=0, due_ms=at_ms, since_ms=at_ms, done_ms=None
    )


def send_test(receiver: Receiver) -> Delivery:
    with transaction.atomic(), connection.cursor() as cursor:
        key = put.put_test(cursor, receiver.pk, receiver.program_id or 0, receiver.partner_id or 0, now_ms())
    return Delivery.objects.get(receiver_id=receiver.pk, key=key)


def rotate(receiver: Receiver) -> None:
    """The next key number is in force from now on; see `docs/reference/deliveries.md` for the overlap."""
    receiver.key_number += 1
    receiver.rotated_ms = now_ms()
    receiver.save()


def start_afresh(receiver: Receiver) -> None:
    """Forget what the courier thinks of it; saving tells the courier."""
    Standing.objects.filter(pk=receiver.pk).delete()
    receiver.save()


def secret(receiver: Receiver, number: int) -> str:
    """As the receiving side writes it down."""
    kept = keys.load(settings.CLICKTRAIL.keys_folder)
    return secrets.shown(receiver.kind, secrets.secret_of(kept, receiver.kind, receiver.pk, number, receiver.salt))


def name_of(delivery: Delivery) -> str:
    return delivery_id(delivery.receiver_id, delivery.key, delivery.call_id)


def attempts_of(delivery: Delivery) -> list[Attempt]:
    return list(Attempt.objects.filter(delivery_id=delivery.pk).order_by("-id")[:100])


def attempt_counts(ids: list[int]) -> dict[int, int]:
    """Delivery -> attempts in its log, those before it was sent again included."""
    rows = Attempt.objects.filter(delivery_id__in=ids).values("delivery_id").annotate(many=Count("id"))
    return dict(rows.values_list("delivery_id", "many"))


def last_attempts(ids: list[int]) -> dict[int, Attempt]:
    """Delivery -> its newest attempt."""
    newest = Attempt.objects.filter(delivery_id__in=ids).values("delivery_id").annotate(last=Max("id"))
    return {row.delivery_id: row for row in Attempt.objects.filter(pk__in=newest.values("last"))}
