"""Whether a click came from a program that asks ahead of a person, or in nobody's name. By the user agent.

Two lists: the kept one of crawler-user-agents, and `OURS`, what reports of links in mails and documents added to it.
A click is looked at once, when it is applied; a longer list changes no count that stands.
"""

import re
from functools import lru_cache

KEPT_USER_AGENTS = 20_000
"""Verdicts in memory; the lists are searched anew for a user agent beyond them."""

OURS: tuple[str, ...] = (
    # Office asks for an address before the browser does.
    r"Microsoft Office (?:Existence|Protocol) Discovery",
    r"\bms-office\b",
    r"Microsoft-WebDAV-MiniRedir",
    r"\bDavClnt\b",
    r"Microsoft URL Control",
    # Gateways that look at the links of a mail.
    r"Mimecast",
    r"Barracuda",
    r"Proofpoint",
    r"\bIronPort\b",
    r"\bSymantec\b",
    r"MessageLabs",
    r"FireEye",
    r"Trend ?Micro",
    r"TMUFE",
    r"\bSophos",
    r"Fortinet|FortiGuard|FortiMail|FortiSandbox",
    r"Forcepoint|Websense",
    r"\bTrustwave\b",
    r"Cloudmark",
    r"\bVade ?(?:Secure|Retro)\b",
    r"Hornetsecurity",
    r"\bZscaler\b",
    r"Cisco[- ](?:Umbrella|Talos|Secure)",
    r"Microsoft[- ](?:ATP|Defender|SafeLinks)|\bSafeLinks\b",
    r"VirusTotal|urlscan|PhishTank|PhishLabs|CheckPhish",
    r"link ?(?:check|scann?|validat|verif|preview)",
    r"url ?(?:check|scann?|defense|preview|resolver)",
    # Libraries of programming languages and tools.
    r"^Java/",
    r"^Java-http-client/",
    r"Jakarta Commons-HttpClient",
    r"^Jetty/",
    r"^ReactorNetty/",
    r"^(?:PHP|Ruby|Python|Perl|Rust|Dart|Lua|Erlang|Deno|Bun|Node(?:\.js)?|undici|node)(?:$|[/ ])",
    r"GuzzleHttp|^Symfony HttpClient|^Faraday|^RestSharp|^Typhoeus|^HTTPClient/|^http\.rb/|^reqwest/|^hyper/|^ureq/",
    r"^Dart/|^Elixir|^hackney/|^Mojolicious|^WWW-Mechanize|^LWP::",
    r"WinHttp\.WinHttpRequest|^WinHTTP|\bWindowsPowerShell/|\bPowerShell/",
    r"^(?:PostmanRuntime|insomnia|Paw|HTTPie|k6|JMeter|vegeta|hey|ab|siege|wrk|bombardier)\b",
    r"^(?:curl|wget|libcurl|fetch|lynx|w3m|aria2)\b",
    r"^(?:axios|got|node-fetch|superagent|needle|request)\b",
    # What programs send that have nothing to say.
    r"^[\s\"'.*-]*$",
    r"^(?:null|undefined|none|nil|unknown|user-agent|test)$",
)
"""Patterns, looked for anywhere and in any case."""

_ours = re.compile("|".join(f"(?:{pattern})" for pattern in OURS), re.IGNORECASE)


@lru_cache(maxsize=KEPT_USER_AGENTS)
def is_bot(user_agent: str) -> bool:
    """An empty user agent is one: every browser and every app names itself. The kept list is loaded when needed."""
    if _ours.search(user_agent):
        return True
    from crawleruseragents import is_crawler

    return bool(is_crawler(user_agent))
