"""What Django's admin looks for: each page of the console registers itself when it is imported."""

from clicktrail.control.console import (  # noqa: F401
    accounts,
    activities,
    alarms,
    approvals,
    aside,
    calls,
    creatives,
    deliveries,
    partners,
    products,
    programs,
    receivers,
    targets,
    transactions,
)
