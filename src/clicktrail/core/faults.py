"""Why an amount, a call or its proof is not taken: the sentences with a mark in them. Pure.

What became of a call is kept with its fault in English; whoever reads of it is told it anew in his language.
"""

import re

from clicktrail.core.tongue import count, mark, retell

CURRENCY = mark("{currency} is no ISO 4217 currency code such as EUR.")
DECIMALS = mark("the currency has {count} decimals.")
OTHER_CURRENCY = mark("it is in {currency}; the program's currency is {own}.")
LIMIT = mark("it is above the limit of {most} {currency} for one amount.")
DIGITS = mark("it has more than {count} digits before the separator.")

PARAMETERS = mark("it has more than {count} parameters.")
MANY_CALLS = mark("the body is a list of {count} calls: send each call by itself, or all of them to the REST API.")
PARAMETER = mark("the parameter {name} is longer than {count} characters.")

CHARACTERS = mark("it has more than {count} characters, too many for a signed call")
OLD = mark("its time stamp is {age} old")
AHEAD = mark("its time stamp is {age} ahead")
CLOCK = mark("the clock of the shop's server may be wrong, or it is an old call sent again")
KEY = mark("it names key {number}, which is revoked or does not exist")

WITH_MARKS = (
    OTHER_CURRENCY,
    CURRENCY,
    DECIMALS,
    LIMIT,
    DIGITS,
    PARAMETERS,
    MANY_CALLS,
    PARAMETER,
    CHARACTERS,
    OLD,
    AHEAD,
    KEY,
)

_AGE = re.compile(r"([0-9]+) (day|hour|minute|second)s?")


def retold(fault: str) -> str:
    """As it was kept, in the language of who reads it. A semicolon stands in one fault, or between several."""
    told = _one(fault)
    return "; ".join(map(_one, fault.split("; "))) if told == fault else told


def _one(fault: str) -> str:
    return retell(fault, WITH_MARKS, {"age": _age})


def _age(text: str) -> str:
    found = _AGE.fullmatch(text)
    if not found:
        return text
    one = "{number} " + found[2]
    return count(one, one + "s", int(found[1]))
