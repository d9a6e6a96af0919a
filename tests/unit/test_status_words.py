"""Status words of six shop systems in two languages: what they say about an order."""

import pytest

from clicktrail.control.reconcile import statuswords
from clicktrail.control.reconcile.statuswords import CANCELLED, CONFIRMED, OPEN, PARTIAL, RETURNED, state_of

WORDS = {
    "WooCommerce": {
        OPEN: "pending wc-pending processing wc-processing on-hold wc-on-hold checkout-draft|Zahlung ausstehend"
        "|In Bearbeitung|In Wartestellung|Pending payment",
        CONFIRMED: "completed wc-completed|Abgeschlossen|Fertiggestellt",
        CANCELLED: "cancelled wc-cancelled failed wc-failed trash|Storniert|Fehlgeschlagen",
        RETURNED: "refunded wc-refunded WC-REFUNDED|Rückerstattet|Erstattet",
    },
    "Shopify": {
        OPEN: "pending authorized partially_paid unfulfilled partial overdue|Partially paid|Ausstehend|Autorisiert"
        "|Teilweise bezahlt|Nicht ausgeführt|On hold",
        CONFIRMED: "paid fulfilled|Bezahlt|Ausgeführt",
        CANCELLED: "voided expired|Annulliert|Abgelaufen",
        RETURNED: "refunded restocked|Erstattet",
        PARTIAL: "partially_refunded|Partially refunded|PARTIALLY_REFUNDED|Teilweise erstattet|Teilweise rückerstattet",
    },
    "Shopware": {
        OPEN: "open in_progress reminded paid_partially shipped_partially unconfirmed|Offen|In Bearbeitung"
        "|In Bearbeitung (Wartet)|Zur Lieferung bereit|Klärung notwendig|1. Mahnung|Inkasso|Teilweise ausgeliefert",
        CONFIRMED: "completed paid shipped order_transaction.state.paid|Komplett abgeschlossen|Komplett bezahlt"
        "|Komplett ausgeliefert|Versandt",
        CANCELLED: "cancelled failed order.cancelled|Abgebrochen|Storniert / Abgelehnt",
        RETURNED: "refunded returned chargeback|Rückbuchung|Wiedergutschrift|Retourniert",
        PARTIAL: "refunded_partially returned_partially|Teilweise retourniert",
    },
    "Magento": {
        OPEN: "new pending pending_payment payment_review processing holded fraud|Suspected Fraud|On Hold|Ausstehend",
        CONFIRMED: "complete|Vollständig|Komplett",
        CANCELLED: "canceled|Abgebrochen",
        RETURNED: "closed Closed CLOSED paypal_reversed|Geschlossen",
    },
    "PrestaShop": {
        OPEN: "Awaiting check payment|Awaiting bank wire payment|Processing in progress|On backorder (not paid)"
        "|Awaiting Cash On Delivery validation|Warten auf Zahlungseingang|Scheckzahlung wird erwartet",
        CONFIRMED: "Payment accepted|Remote payment accepted|Shipped|Delivered|Zahlung angenommen|Versendet|Zugestellt",
        CANCELLED: "Canceled|Payment error|Zahlungsfehler",
        RETURNED: "Refunded|Erstattet",
        PARTIAL: "Partial refund|Teilerstattung",
    },
    "OpenCart": {
        OPEN: "Pending|Processing|Canceled Reversal|In Bearbeitung",
        CONFIRMED: "Complete|Processed|Shipped|Abgeschlossen|Versandt",
        CANCELLED: "Canceled|Denied|Failed|Expired|Voided|Abgelehnt|Ungültig",
        RETURNED: "Refunded|Reversed|Chargeback",
    },
}
CASES = [
    pytest.param(word, state, id=f"{shop} {word}")
    for shop, states in WORDS.items()
    for state, text in states.items()
    for part in text.split("|")
    for word in (part.split() if "_" in part or "-" in part or part.islower() else [part])
]


@pytest.mark.parametrize(("word", "state"), CASES)
def test_a_word_of_a_shop_system(word: str, state: str) -> None:
    assert state_of(word) == state
    assert state_of(f" {word.upper()}\u200b") == state


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("Ru\u0308ckerstattet", RETURNED),
        ("Teilweise ru\u0308ckerstattet", PARTIAL),
        ("\uff50\uff41\uff49\uff44", CONFIRMED),
    ],
)
def test_a_word_in_decomposed_or_wide_letters(word: str, state: str) -> None:
    assert state_of(word) == state


@pytest.mark.parametrize("word", ["mystery", "wc-mystery", "", "42", "paid / unfulfilled", "not refunded", "wc-", "-"])
def test_a_word_that_is_not_known(word: str) -> None:
    assert state_of(word) == ""


def test_two_words_that_agree() -> None:
    assert state_of("Paid / Shipped") == CONFIRMED and state_of("storniert, abgelehnt") == CANCELLED


def test_no_word_is_in_two_states() -> None:
    states = (OPEN, CONFIRMED, CANCELLED, RETURNED, PARTIAL)
    words = [word for state in states for word in statuswords.words_of(state)]
    assert len(words) == len(set(words)) > 300


@pytest.mark.parametrize("word", statuswords.words_of(RETURNED) + statuswords.words_of(CANCELLED))
def test_what_was_taken_back_confirms_nothing(word: str) -> None:
    assert state_of(word) not in (CONFIRMED, OPEN)
