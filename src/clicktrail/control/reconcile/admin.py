"""What Django's admin looks for: the pages register themselves when they are imported."""

from clicktrail.control.reconcile import pages  # noqa: F401
