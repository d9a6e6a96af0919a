"""Keys of the API, and the answers that a repeated write gets again."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ApiKey(models.Model):
    """One caller. The secret itself is nowhere: only its SHA-256, which 32 random bytes need no salt for."""

    public_id = models.CharField(max_length=16, unique=True)
    """Stands in the key after `ct_`, in lists and in histories."""
    name = models.CharField(max_length=100)
    program_id = models.BigIntegerField(null=True, blank=True)
    """Null: the whole installation. No foreign key: a key must never become wider because a row went."""
    scopes = models.CharField(max_length=64)
    """Comma-separated, in the order of `keys.SCOPES`."""
    secret_hash = models.CharField(max_length=64)
    old_hash = models.CharField(max_length=64, blank=True, default="")
    """The secret before the last rotation, good until `old_until_ms`."""
    old_until_ms = models.BigIntegerField(default=0)
    created_ms = models.BigIntegerField()
    created_by = models.TextField()
    last_used_ms = models.BigIntegerField(null=True)
    """To the minute: a call writes it at most once in that time."""
    revoked_ms = models.BigIntegerField(null=True)
    revoked_by = models.TextField(blank=True, default="")

    class Meta:
        db_table = "api_key"
        verbose_name = _("API key")

    def __str__(self) -> str:
        return f"{self.name} (ct_{self.public_id})"


class KeptAnswer(models.Model):
    """What a write with an Idempotency-Key was answered; the same key gets the same answer again."""

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    idempotency_key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    """Null while the first request is still being worked on."""
    body = models.TextField(default="")
    started_ms = models.BigIntegerField(db_index=True)

    class Meta:
        db_table = "api_kept_answer"
        constraints = [models.UniqueConstraint(fields=["api_key", "idempotency_key"], name="api_answered_once")]
