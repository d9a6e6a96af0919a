"""Who may sign in, where they are signed in, and who has guessed wrongly of late.

A model of our own for accounts from the first day: to change it later would be a migration of pain.
"""

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models


class Account(AbstractUser):
    """Today every account is a manager; the username is what the history of a transaction names."""

    class Meta:
        db_table = "accounts_account"
        verbose_name = "account"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new password, and being switched off, end every session of the account; so a stolen one ends too."""
        ends_sessions = self._password is not None or not self.is_active
        super().save(*args, **kwargs)
        if ends_sessions:
            Session.objects.filter(account_id=self.pk).delete()


class Session(AbstractBaseSession):
    """One browser. The key is a hash of what its cookie holds: nobody signs in with what a stolen ledger says."""

    account = models.ForeignKey(Account, models.CASCADE, null=True)
    """Empty until the sign-in is complete."""
    since_ms = models.BigIntegerField(default=0)
    seen_ms = models.BigIntegerField(default=0)
    """Brought up to date once a minute."""
    address = models.CharField(max_length=64, blank=True)
    """As the privacy mode lets it be stored."""
    browser = models.CharField(max_length=100, blank=True)

    session_key = models.CharField(max_length=64, primary_key=True)

    class Meta:
        db_table = "accounts_session"

    @classmethod
    def get_session_store_class(cls) -> Any:
        from clicktrail.control.accounts.sessions import SessionStore

        return SessionStore


class Brake(models.Model):
    """Wrong guesses at one door: see brake.py. Key and subject are keyed hashes, no name that was typed is kept."""

    key = models.CharField(max_length=64, primary_key=True)
    subject = models.CharField(max_length=64, blank=True, db_index=True)
    """Whose account it is about; empty for a door that is an address alone."""
    failures = models.IntegerField(default=0)
    last_ms = models.BigIntegerField(default=0, db_index=True)
    free_ms = models.BigIntegerField(default=0)
    """Until then nobody is let try."""
    known_ms = models.BigIntegerField(default=0)
    """When this account last signed in from this address."""

    class Meta:
        db_table = "accounts_brake"
