"""What a program's page says beside its fields: who can make orders, and what is paid."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.catalog import rates
from clicktrail.control.catalog.models import KeyState, Product, Program
from clicktrail.control.console.openness import Rules, openness, tone, words
from clicktrail.control.console.ratepages import since_cell, step_text


def context(request: HttpRequest, program: Program) -> dict[str, Any]:
    """What `program.html` shows."""
    rules = rules_of(program)
    return {
        "program": program,
        "openness": openness(rules),
        "tone": tone(rules),
        "words": list(words(rules)),
        "products": _products(program),
        "edits": rights_of(request).edits,
        "assistant": reverse("assistant") + f"?program={program.pk}",
    }


def rules_of(program: Program) -> Rules:
    return Rules(
        signed=program.signed,
        token=program.token_required,
        networks=tuple(program.networks),
        keys=program.signing_keys.filter(state=KeyState.ACTIVE).count(),
        tokens=program.call_tokens.filter(state=KeyState.ACTIVE).count(),
        unproven=program.unproven,
        nocheck=program.nocheck_by,
        pid=program.pid_by,
        window_s=program.replay_window_s,
    )


def _products(program: Program) -> list[dict[str, Any]]:
    known = list(Product.objects.filter(program=program).select_related("program").order_by("name"))
    paid = rates.histories(known)
    return [_product(product, paid[0, product.pk]) for product in known]


def _product(product: Product, steps: list[rates.Step]) -> dict[str, Any]:
    at_ms, zone = rates.now_ms(), product.program.time_zone
    holds = rates.valid(steps, at_ms) or steps[0]
    return {
        "product": product,
        "rate": step_text(holds, product),
        "since": since_cell(holds.since_ms, zone) if holds.since_ms else "",
        "later": [(step_text(step, product), since_cell(step.since_ms, zone)) for step in rates.planned(steps, at_ms)],
    }
