"""What Django's admin looks for: each page of the console registers itself when it is imported."""

from django.contrib import admin

from clicktrail.control.console import (  # noqa: F401
    accounts,
    approvals,
    aside,
    calls,
    creatives,
    partners,
    programs,
    transactions,
)
from clicktrail.control.console.signin import SignInForm

admin.site.login_form = SignInForm
