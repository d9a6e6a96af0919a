"""Signing in."""

from unfold.forms import AuthenticationForm


class SignInForm(AuthenticationForm):
    """One sentence for a wrong name and a wrong password: it does not tell who has an account."""

    error_messages = {
        "invalid_login": "The username or the password is wrong. Capitals matter.",
        "inactive": "This account is switched off.",
    }
