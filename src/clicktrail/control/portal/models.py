"""What the portal keeps: the terms in all their versions, who accepted which, and who asked to become a partner."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Terms(models.Model):
    """One version. It is never changed: new words are a new version."""

    version = models.BigAutoField(primary_key=True)
    text = models.TextField(_("text"))
    actor = models.TextField()
    at_ms = models.BigIntegerField()

    class Meta:
        db_table = "portal_terms"
        verbose_name = _("terms")
        verbose_name_plural = _("terms")

    def __str__(self) -> str:
        return f"{self.version}"


class Acceptance(models.Model):
    """An account said yes to a version."""

    id = models.BigAutoField(primary_key=True)
    account_id = models.BigIntegerField()
    version = models.BigIntegerField()
    at_ms = models.BigIntegerField()

    class Meta:
        db_table = "portal_acceptance"
        constraints = [models.UniqueConstraint(fields=["account_id", "version"], name="accepted_once")]


class ApplicationState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    APPROVED = "approved", _("Approved")
    DECLINED = "declined", _("Declined")


class Application(models.Model):
    """Somebody asks to become a partner. The partner himself is made when somebody approves it."""

    id = models.BigAutoField(primary_key=True)
    account_id = models.BigIntegerField(unique=True)
    name = models.CharField(_("name or company"), max_length=200)
    email = models.CharField(_("e-mail"), max_length=150)
    website = models.CharField(_("website"), max_length=500)
    traffic = models.TextField(_("how traffic is made"))
    language = models.CharField(max_length=8, blank=True, default="")
    address = models.CharField(max_length=64, blank=True, default="")
    """As the privacy mode lets it be stored."""
    terms_version = models.BigIntegerField()
    at_ms = models.BigIntegerField()
    asked_ms = models.BigIntegerField(null=True)
    """When he was sent a link to prove his address; null: not yet, or no mail server is set up."""
    confirmed_ms = models.BigIntegerField(null=True)
    """When he did."""
    state = models.CharField(max_length=8, choices=ApplicationState.choices, default=ApplicationState.WAITING)
    decided_ms = models.BigIntegerField(null=True)
    decided_by = models.TextField(default="", blank=True)
    why = models.TextField(default="", blank=True)
    """Of a declined one; the applicant reads it."""
    partner_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "portal_application"
        indexes = [models.Index(fields=["id"], name="application_waiting", condition=models.Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.name} ({self.email})"
