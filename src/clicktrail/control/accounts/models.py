"""Who may sign in, where they are signed in, and who has guessed wrongly of late.

A model of our own for accounts from the first day: to change it later would be a migration of pain.
"""

from typing import Any

from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What an account may do; `rights.py` says it in full."""

    OWNER = "owner", _("Owner")
    MANAGER = "manager", _("Manager")
    READER = "reader", _("Read only")
    PARTNER = "partner", _("Partner")


class Accounts(UserManager):
    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **more: Any
    ) -> Any:
        return super().create_superuser(username, email, password, **{"role": Role.OWNER, **more})


class Account(AbstractUser):
    """The username is what the history of a transaction names. Who has left is switched off, not deleted."""

    role = models.CharField(_("role"), max_length=8, choices=Role.choices, default=Role.READER)
    programs = models.JSONField(default=list, blank=True)
    """Numbers of the programs that the account sees; empty: every one, later ones too."""
    partner_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    """Whose the account is, for the role of a partner."""
    language = models.CharField(_("language"), max_length=8, blank=True, default="")
    """Empty: the browser's."""
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, default="")
    """Empty: the browser's."""

    objects = Accounts()

    class Meta:
        db_table = "accounts_account"
        verbose_name = _("account")
        verbose_name_plural = _("people")

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


class Activity(models.Model):
    """Something grave that somebody did, or tried: see activity.py, which alone writes here."""

    at_ms = models.BigIntegerField()
    account = models.CharField(max_length=150, blank=True, db_index=True)
    """The name, which stays when the account is switched off; empty for a stranger."""
    verb = models.CharField(max_length=40, db_index=True)
    """One of activity.VERBS."""
    subject = models.CharField(max_length=255, blank=True)
    program_id = models.BigIntegerField(null=True, db_index=True)
    """Whose program it was about; who sees that program only sees this row too."""
    facts = models.JSONField(default=dict)
    address = models.CharField(max_length=64, blank=True)
    """As the privacy mode lets it be stored."""

    class Meta:
        db_table = "accounts_activity"
        verbose_name = verbose_name_plural = _("activity")
        indexes = [models.Index("at_ms", name="activity_time")]


class Invitation(models.Model):
    """A link by which somebody sets a password for his account, once: see people.py. The link itself is not kept."""

    token_hash = models.CharField(max_length=64, primary_key=True)
    account = models.OneToOneField(Account, models.CASCADE)
    """A new link takes the place of the one before."""
    made_by = models.CharField(max_length=150)
    made_ms = models.BigIntegerField()
    expires_ms = models.BigIntegerField()

    class Meta:
        db_table = "accounts_invitation"
