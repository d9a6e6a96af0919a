"""Why an address is not called, and what an attempt to call it came to: every sentence of it. Pure.

An attempt is kept with its sentence in English, as partners' and shops' programs read it too; whoever looks at it in a
page is told it anew in his language.
"""

from clicktrail.core.tongue import is_one_of, mark, retell, say

# Of the guard

NO_SCHEME = mark("No scheme: only http and https are called.")
OTHER_SCHEME = mark("{scheme}: only http and https are called.")
USER = mark("The address has a user or password in it.")
NO_HOST = mark("The address has no host.")
PORT = mark("Port {port} is not called: the setting courier_ports lists those that are.")
ADDRESS = mark("{address} is {why}; it is not called unless the setting {setting} lists it.")
UNKNOWN_NAME = mark("{host} has no address.")

# Of the courier

NO_ANSWER = mark("There was no whole answer within {seconds} seconds.")
ANSWERED = mark("It answered {status}.")
REDIRECTED_OFTEN = mark("It was redirected more than {count} times, last to {address}.")
REDIRECTED_NOWHERE = mark("It was redirected without being told where to.")
REDIRECTED_ODDLY = mark("It was redirected to {address}, which is no address.")
REDIRECTED_OPENLY = mark("It was redirected from https to {address}: not followed (step {step}).")
NAME = mark("The name {host} has no address that could be looked up.")
UNCALLABLE = mark("The address cannot be called: {fault}")
ENCRYPTION = mark("The encrypted connection to {host} failed: {fault}")
NOBODY = mark("Nobody took the connection at {host} within {seconds} seconds.")
NO_CONNECTION = mark("No connection to {host}: {reason}.")
UNREADABLE = mark("The answer of {host} could not be read: {fault}")
ENDED = mark("The connection to {host} ended without an answer.")

REASONS = (
    mark("connection refused"),
    mark("connection reset by peer"),
    mark("connection timed out"),
    mark("network is unreachable"),
    mark("no route to host"),
)
"""What the system usually says of a connection that was not made."""

SENTENCES = (
    OTHER_SCHEME, PORT, ADDRESS, NO_ANSWER, ANSWERED, REDIRECTED_OFTEN, REDIRECTED_ODDLY, REDIRECTED_OPENLY, NAME,
    UNCALLABLE, ENCRYPTION, NOBODY, NO_CONNECTION, UNREADABLE, ENDED, UNKNOWN_NAME,
)  # fmt: skip
"""Those with marks; the surest ones first."""


NOT_PUBLIC = mark("The address leads into a network that is not public, or its name is not known.")
"""One sentence for both: a partner must not learn which names and addresses our own network has."""
ABOUT_OUR_NETWORK = (ADDRESS, NAME, UNKNOWN_NAME)


def for_partner(sentence: str) -> str:
    """The sentence of an attempt as a partner may read it, in their language."""
    return say(NOT_PUBLIC) if is_one_of(sentence, ABOUT_OUR_NETWORK) else retold(sentence)


def retold(sentence: str) -> str:
    """As it was kept, in the language of who reads it."""
    return retell(sentence, SENTENCES, {"why": say, "reason": say})
