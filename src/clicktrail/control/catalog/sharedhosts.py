"""Hosts below which anyone can get a name: a star there would lead links anywhere. docs/decisions/0023-hosts.md"""

SECOND_LEVELS = frozenset((
    "ac", "asn", "co", "com", "edu", "gob", "gouv", "gov", "govt", "gv", "id", "info", "ltd", "me", "mil", "ne", "net",
    "nhs", "nic", "nom", "or", "org", "plc", "police", "sch", "school", "web",
))  # fmt: skip
"""Names that a country keeps for everybody: co.uk, com.br."""
HOSTS = frozenset((
    "amazonaws.com", "appspot.com", "azurewebsites.net", "blogspot.com", "cloudfront.net", "fly.dev", "github.io",
    "gitlab.io", "herokuapp.com", "myshopify.com", "netlify.app", "ngrok.app", "ngrok.io", "onrender.com", "pages.dev",
    "surge.sh", "vercel.app", "web.app", "weebly.com", "wixsite.com", "wordpress.com", "workers.dev",
))  # fmt: skip
"""Large hosts of other people's pages."""


def is_shared(host: str) -> bool:
    labels = host.split(".")
    is_second_level = len(labels) == 2 and len(labels[1]) == 2 and labels[0] in SECOND_LEVELS
    return len(labels) == 1 or is_second_level or host in HOSTS
