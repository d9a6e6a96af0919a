"""What the status words of shop systems say about an order. Pure.

The words are those of WooCommerce, Shopify, Shopware 5 and 6, Magento, PrestaShop and OpenCart, for orders, payments
and deliveries, as the systems show and export them in English and German. A word that is not in the table is unknown:
the order is then kept out of every move of a whole class.
"""

import re
from functools import lru_cache
from unicodedata import normalize

from clicktrail.core.text import strip_invisible
from clicktrail.core.tongue import mark

OPEN, CONFIRMED, CANCELLED, PARTIAL = "open", "confirmed", "cancelled", mark("partial")
"""PARTIAL: a part of the order was returned or refunded; the word does not say how much."""
RETURNED = "returned"
"""Cancelled after the sale: the money went back, and it may be the money of a part of the order only."""

_WORDS: dict[str, str] = {
    CANCELLED: """
        cancelled canceled cancel cancellation void voided rejected declined denied failed failure expired
        invalid trash trashed deleted unsuccessful paymentfailed paymenterror paymentcanceled paymentcancelled
        cancelledcustomer cancelledbycustomer cancelledmerchant ordercancelled ordercanceled autocancelled
        paymentdenied paypalcanceled paypalcancelled transactionfailed authorizationexpired
        authorizationfailed

        storniert storno stornierung stornobestellung abgebrochen abbruch annulliert abgelehnt stornoabgelehnt
        storniertabgelehnt vorkassestorniert vomkundenstorniert fehlgeschlagen zahlungsfehler
        zahlungfehlgeschlagen zahlungabgelehnt zahlungabgebrochen fehlerbeiderbezahlung fehlerbeiderzahlung
        abgelaufen verfallen ungueltig papierkorb geloescht betrug gescheitert zurueckgewiesen
        eswurdekeinkreditgenehmigt keinkreditgenehmigt bestellungstorniert
        """,
    RETURNED: """
        refunded refund fullrefund fullyrefunded refundcompleted returned return completelyrefunded
        completerefund fullyreturned returncompleted restocked reversed reversal paypalreversed
        paymentreversed chargeback chargedback chargebacked closed moneyback rma returnedtosender

        erstattet rueckerstattet kompletterstattet vollstaendigerstattet vollerstattet
        vollstaendigrueckerstattet vollrueckerstattung rueckerstattung erstattung retour retoure retourniert
        komplettretourniert ruecksendung vollstaendigretourniert zurueckgegeben zurueckgesendet zurueckgesandt
        zurueckgeschickt widerrufen widerruf rueckbuchung rueckgebucht rueckabgewickelt
        rueckerstattungabgeschlossen rueckzahlung zurueckgezahlt zurueckerstattet wiedergutschrift
        gutgeschrieben wiederaufgefuellt geschlossen
        """,
    PARTIAL: """
        partiallyrefunded partialrefund partialrefunded refundedpartially refundedpartial partlyrefunded
        partrefunded partiallyreturned partialreturn returnedpartially returnedpartial partlyreturned
        partiallycancelled partiallycanceled partialcancellation cancelledpartially canceledpartially
        partlycancelled partiallyrestocked paidpartiallyrefunded

        teilweiseerstattet teilweiserueckerstattet teilerstattet teilerstattung teilrueckerstattet
        teilrueckerstattung teilweiseretourniert teilretourniert teilretoure teilweisezurueckgegeben
        teilweisezurueckgesendet teilweisezurueckgesandt teilrueckgabe teilweisestorniert teilstorniert
        teilstorno teilweiseabgebrochen teilrueckzahlung teilweisewiderrufen teilwiderruf
        """,
    CONFIRMED: """
        confirmed confirm paid completelypaid fullypaid paidinfull paymentaccepted paymentcomplete
        paymentcompleted paymentreceived paymentsuccessful remotepaymentaccepted onbackorderpaid completed
        complete completelycompleted shipped fullyshipped completelydelivered completelyshipped fulfilled
        delivered approved accepted valid success successful done sent dispatched captured settled processed
        ok pickedup collected intransit outfordelivery

        bestaetigt bezahlt komplettbezahlt vollstaendigbezahlt zahlungerhalten zahlungeingegangen
        zahlungsannahme zahlungangenommen zahlungbestaetigt zahlungakzeptiert bezahltnichtauflager
        nichtauflagerbezahlt rueckstandbezahlt lieferrueckstandbezahlt abgeschlossen komplettabgeschlossen
        vollstaendigabgeschlossen komplett vollstaendig fertig fertiggestellt versendet versandt versand
        komplettversendet komplettversandt vollstaendigversandt vollstaendigversendet geliefert ausgeliefert
        komplettausgeliefert vollstaendigausgeliefert vollstaendiggeliefert zugestellt ausgefuehrt erfuellt
        freigegeben erledigt bearbeitet erfolgreich eingezogen abgeholt unterwegs inzustellung
        """,
    OPEN: """
        open new neworder holded fraud suspectedfraud invoiced completelyinvoiced awaitingpickup
        readyforpickup pending pendingpayment paymentpending pendingpaypal pendingpaypalpayment waiting wait
        waitingforpayment awaitingpayment awaitingcheckpayment awaitingchequepayment awaitingbankwire
        awaitingbankwirepayment awaitingbanktransfer awaitingpaypalpayment awaitingcashondeliveryvalidation
        awaitingfulfillment awaitingfulfilment awaitingshipment processing inprocess inprogress
        processinginprogress preparationinprogress beingprepared onhold hold held paymentreview review
        underreview reviewneeded clarificationrequired clarificationneeded authorized authorised preauthorized
        partiallyauthorized unconfirmed reserved delayed unpaid notpaid partiallypaid partialpayment
        paidpartially partpaid partlypaid partialpaid onbackorder onbackordernotpaid onbackorderunpaid
        backordered overdue reminded reminder unfulfilled notfulfilled partial partiallyfulfilled
        partiallyshipped shippedpartially partlyshipped partiallydelivered partiallycompleted
        partiallyinvoiced unshipped notshipped readyfordelivery readyforshipping readytoship scheduled ordered
        placed draft checkoutdraft checkout incomplete authorizationacceptedbypaypal canceledreversal
        cancelledreversal paypalcanceledreversal returnrequested refundpending pendingrefund refundrequested
        returninprogress

        offen neu neuebestellung verdachtaufbetrug betrugsverdacht berechnet inrechnunggestellt
        komplettinrechnunggestellt abholbereit zurabholungbereit wirdbearbeitet bestellungeingegangen
        inbearbeitung inbearbeitungwartet wartend warten wartet wartestellung inwartestellung ausstehend
        ausstehendezahlung zahlungausstehend zahlungpruefen zahlungspruefung zahlungspruefungausstehend
        zahlungsueberpruefung zahlunginpruefung wartetaufzahlung wartenaufzahlung wartenaufzahlungseingang
        warteaufzahlung wartenaufueberweisung wartenaufzahlungseingangscheck
        wartenaufzahlungseingangueberweisung wartenaufscheckzahlung scheckzahlungwirderwartet
        bankueberweisungwirderwartet wartenaufpaypal wartenaufpaypalzahlung wartenaufpaypalbezahlung
        ausstehendepaypalzahlung bestellunginbearbeitung vorbereitungimgange invorbereitung wirdvorbereitet
        zurueckgestellt angehalten gehalten pausiert ueberpruefungnotwendig klaerungnotwendig inklaerung
        inpruefung autorisiert teilweiseautorisiert nichtbestaetigt unbestaetigt reserviert verzoegert
        unbezahlt nichtbezahlt teilweisebezahlt teilbezahlt teilzahlung anzahlung nichtauflager
        nichtauflagernichtbezahlt nichtauflagerunbezahlt artikelnichtauflager rueckstand lieferrueckstand
        lieferrueckstandnichtbezahlt ueberfaellig erinnert mahnung 1mahnung 2mahnung 3mahnung inkasso gemahnt
        nichtausgefuehrt teilweiseausgefuehrt nichtversandt nichtversendet teilweiseversandt
        teilweiseversendet teilweiseausgeliefert teilweisegeliefert teillieferung teilgeliefert
        teilweiseabgeschlossen teilweiseinrechnunggestellt zurlieferungbereit versandbereit bereitzumversand
        geplant bestellt entwurf unvollstaendig derkreditwurdevorlaeufigakzeptiert derkreditwurdegenehmigt
        kreditvorlaeufigakzeptiert diezahlungwurdeangeordnet eswurdeeinezeitverlaengerungeingetragen
        storniertrueckbuchung stornorueckgaengig ruecksendungangefragt retoureangemeldet retoureangefragt
        rueckerstattungausstehend rueckerstattungangefragt erstattungausstehend
        """,
}
"""State -> its words, as `_spelled` writes them."""

_STATES = {word: state for state, words in _WORDS.items() for word in words.split()}
_PREFIX = re.compile(r"(?:wc|order(?:_state|_transaction|_delivery)?|payment|delivery|status|state)[-._:/ ]{1,3}")
"""In front of the word: `wc-refunded`, `order_transaction.state.paid`."""
MAX_WORD = 100
"""Characters of a status word. A longer cell is none."""
_REPEATED = 4
"""Prefixes that may stand one behind the other."""
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def state_of(text: str) -> str:
    """OPEN, CONFIRMED, CANCELLED, RETURNED or PARTIAL; empty where the word is not known."""
    return _looked_up(text) if len(text) <= MAX_WORD else ""


@lru_cache(maxsize=1024)
def _looked_up(text: str) -> str:
    word = normalize("NFKC", strip_invisible(text)).casefold()
    if state := _state_of_word(word):
        return state
    states = {_state_of_word(part) for part in re.split(r"[/,+|&;]", word) if part.strip()}
    return states.pop() if len(states) == 1 else ""


def words_of(state: str) -> tuple[str, ...]:
    return tuple(_WORDS[state].split())


def _state_of_word(word: str) -> str:
    for _ in range(_REPEATED):
        if state := _STATES.get(_spelled(word)):
            return state
        shorter = _PREFIX.sub("", word, count=1) if _PREFIX.match(word) else word
        if shorter == word:
            break
        word = shorter
    return ""


def _spelled(word: str) -> str:
    """ "Teilweise rück-erstattet." is `teilweiserueckerstattet`."""
    return re.sub(r"[\W_]", "", word.translate(_UMLAUTS))
