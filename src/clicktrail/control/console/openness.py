"""A program's security settings in plain words: what each means, what happens to a call that fails, what it comes to.

    openness(Rules(signed=True, ...)) -> "Today only calls that ..."

Pure, but for the language that is spoken.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

NOBODY, SIGNED, EVERYBODY = "nobody", "signed", "everybody"
HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Rules:
    signed: bool = False
    token: bool = False
    networks: tuple[str, ...] = ()
    keys: int = 0
    """Signing keys that count."""
    tokens: int = 0
    unproven: str = "refuse"
    nocheck: str = EVERYBODY
    pid: str = EVERYBODY
    window_s: int = 300


@dataclass(frozen=True, slots=True)
class Word:
    name: str
    meaning: str
    failing: str
    """What happens to a call that does not meet it; empty where none can fail."""


def openness(rules: Rules) -> str:
    """Who can make an order today; all that is demanded must be met."""
    told = _who(rules)
    demands = rules.signed or rules.token or rules.networks
    if demands and rules.unproven == HOLD:
        return " ".join([told, _("What fails is not lost: it waits on hold until it is released.")])
    return told


def _who(rules: Rules) -> str:
    if rules.signed and not rules.keys:
        return _("Today no call from outside passes: signatures are demanded, and there is no signing key.")
    if rules.token and not rules.tokens:
        return _("Today no call from outside passes: a token is demanded, and there is none.")
    if rules.signed and rules.networks:
        return _("Today only who has a signing key can make orders, and only from the addresses listed.")
    if rules.signed:
        return _("Today only who has a signing key can make orders.")
    if rules.token and rules.networks:
        return _("Today anybody who has read the token once can make orders, but only from the addresses listed.")
    if rules.networks:
        return _("Today anybody can make orders from the addresses listed, and nobody from elsewhere.")
    if rules.token:
        return _("Today anybody who has read the token once can make orders.")
    return _open(rules)


def _open(rules: Rules) -> str:
    """Nothing is demanded."""
    if rules.pid != EVERYBODY:
        return _(
            "Today anybody who knows the address, and has clicked a partner's link, can make orders for that partner."
        )
    if rules.nocheck != EVERYBODY:
        return _("Today anybody who knows the address can make orders for any partner who is approved.")
    return _(
        "Today anybody who knows the address can make orders for any partner, also for products that the partner is "
        "not approved for."
    )


def tone(rules: Rules) -> str:
    """How the sentence is marked: it says so in words already."""
    shut = (rules.signed and not rules.keys) or (rules.token and not rules.tokens)
    if shut:
        return "danger"
    return "success" if rules.signed else "info" if rules.token or rules.networks else "warning"


def words(rules: Rules) -> Iterator[Word]:
    yield _signature(rules)
    yield _token(rules)
    yield _addresses(rules)
    yield Word(_("A signature's age"), _window(rules), _falls(rules) if rules.signed else "")
    yield Word(_("nocheck=1"), _nocheck(rules), _passed_over(rules.nocheck, "nocheck=1"))
    yield Word(_("pid"), _pid(rules), _passed_over(rules.pid, "pid"))


def _signature(rules: Rules) -> Word:
    if not rules.signed:
        return Word(_("Signature"), _("Not demanded. A signed call is trusted with more all the same."), "")
    keys = ngettext("%(count)d key counts", "%(count)d keys count", rules.keys) % {"count": rules.keys}
    meaning = _("Demanded: each call shows that its sender has one of the signing keys; %(keys)s.") % {"keys": keys}
    return Word(_("Signature"), meaning, _falls(rules))


def _token(rules: Rules) -> Word:
    if not rules.token:
        return Word(_("Token"), _("Not demanded."), "")
    meaning = _("Demanded: each call carries a secret word. A pixel shows it to every buyer who looks for it.")
    return Word(_("Token"), meaning, _falls(rules))


def _addresses(rules: Rules) -> Word:
    if not rules.networks:
        return Word(_("Addresses"), _("Calls may come from anywhere."), "")
    meaning = _("Calls must come from %(networks)s. A pixel comes from the buyer and never does.")
    return Word(_("Addresses"), meaning % {"networks": ", ".join(rules.networks)}, _falls(rules))


def _falls(rules: Rules) -> str:
    if rules.unproven == HOLD:
        return _("A call that fails makes a transaction on hold, until you or a signed call release it.")
    return _("A call that fails is discarded as unauthorized; the log says what was missing.")


def _window(rules: Rules) -> str:
    text = ngettext(
        "A signed call is good for %(count)d second before and after its time stamp; who copies it later gets nowhere.",
        "A signed call is good for %(count)d seconds before and after its time stamp; who copies it later gets "
        "nowhere.",
        rules.window_s,
    )
    return text % {"count": rules.window_s}


def _nocheck(rules: Rules) -> str:
    if rules.nocheck == EVERYBODY:
        return _("Every call may skip the check whether the partner is approved for the product.")
    if rules.nocheck == SIGNED:
        return _("Only a signed call, or one of your own, may skip the check whether the partner is approved.")
    return _("Nobody but you yourself may skip the check whether the partner is approved.")


def _pid(rules: Rules) -> str:
    if rules.pid == EVERYBODY:
        return _("Every call may name the partner in place of the click's.")
    if rules.pid == SIGNED:
        return _("Only a signed call, or one of your own, may name the partner; else the ClickID alone credits.")
    return _("Nobody but you yourself may name the partner; the ClickID alone credits.")


def _passed_over(whose: str, name: str) -> str:
    if whose == EVERYBODY:
        return ""
    return _("Where it does not count, %(name)s is passed over and the call is judged without it.") % {"name": name}
