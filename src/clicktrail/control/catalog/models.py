"""What people edit: programs, products, targets, creatives, partners, approvals, rates.

Every edit raises the catalog's version in its own transaction and is published after it
(`edits.py`); rows are saved and deleted one by one, never by a bulk update behind its back.
"""

import time
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clicktrail.core.access import REPLAY_WINDOW_S


class ProgramState(models.TextChoices):
    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")


class Allowed(models.TextChoices):
    NOBODY = "nobody", _("Nobody")
    SIGNED = "signed", _("Signed")
    EVERYBODY = "everybody", _("Everybody")


class Unproven(models.TextChoices):
    REFUSE = "refuse", _("Refuse")
    HOLD = "hold", _("Hold")


class KeyState(models.TextChoices):
    ACTIVE = "active", _("Active")
    REVOKED = "revoked", _("Revoked")


class PartnerState(models.TextChoices):
    PENDING = "pending", _("Pending")
    ACTIVE = "active", _("Active")
    BLOCKED = "blocked", _("Blocked")


def _one_of_two(name: str) -> models.CheckConstraint:
    """A rate is a percentage or a fixed amount, never both and never neither."""
    return models.CheckConstraint(
        name=name,
        condition=Q(percent_ppm__isnull=False, fixed_minor__isnull=True)
        | Q(percent_ppm__isnull=True, fixed_minor__isnull=False),
    )


def _one_at_most(name: str) -> models.CheckConstraint:
    """Of a partner neither says that he has no rate of his own; the product always pays something."""
    neither = Q(percent_ppm__isnull=True, fixed_minor__isnull=True, partner__isnull=False)
    return models.CheckConstraint(name=name, condition=_one_of_two(name).condition | neither)


class Edited(models.Model):
    """A row of the catalog: saving it is an edit."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        from clicktrail.control.catalog.edits import edit

        with edit() as touch:
            super().save(*args, **kwargs)
            touch()


class Program(Edited):
    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3)
    time_zone = models.CharField(max_length=64, default="Europe/Berlin")
    click_lifetime_days = models.PositiveIntegerField(default=30)
    default_product = models.ForeignKey(
        "Product", null=True, blank=True, on_delete=models.PROTECT, related_name="default_of"
    )
    deeplink_hosts = models.JSONField(default=list, blank=True)
    click_parameter = models.CharField(max_length=64, default="qc_clickid")
    state = models.CharField(max_length=8, choices=ProgramState.choices, default=ProgramState.ACTIVE)
    # Who may call: `core/access.py`.
    signed = models.BooleanField(default=False)
    token_required = models.BooleanField(default=False)
    networks = models.JSONField(default=list, blank=True)
    nocheck_by = models.CharField(max_length=9, choices=Allowed.choices, default=Allowed.EVERYBODY)
    pid_by = models.CharField(max_length=9, choices=Allowed.choices, default=Allowed.EVERYBODY)
    unproven = models.CharField(max_length=6, choices=Unproven.choices, default=Unproven.REFUSE)
    replay_window_s = models.PositiveIntegerField(default=REPLAY_WINDOW_S)

    class Meta:
        db_table = "catalog_program"

    def __str__(self) -> str:
        return f"{self.name} ({self.pk})"


class Proof(Edited):
    """A numbered secret of one program; a number is never given twice."""

    id = models.BigAutoField(primary_key=True)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=7, choices=KeyState.choices, default=KeyState.ACTIVE)
    created_ms = models.BigIntegerField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.number}"


class SigningKey(Proof):
    """A shop's server signs its calls with it. The secret is derived (`keys.derive`), not stored."""

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="signing_keys")
    salt = models.CharField(max_length=32)

    class Meta:
        db_table = "catalog_signing_key"
        verbose_name = _("signing key")
        constraints = [models.UniqueConstraint(fields=["program", "number"], name="signing_key_once")]


class CallToken(Proof):
    """A word that a shop's calls carry. Only its keyed hash is stored."""

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="call_tokens")
    digest = models.CharField(max_length=64)

    class Meta:
        db_table = "catalog_call_token"
        verbose_name = _("token")
        constraints = [models.UniqueConstraint(fields=["program", "number"], name="call_token_once")]


class Product(Edited):
    """A commission product. Its two columns are the rate from the beginning; later ones are in TimedRate.

    What it pays at a moment: `rates.py`.
    """

    id = models.BigAutoField(primary_key=True)
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="products")
    name = models.CharField(max_length=100)
    percent_ppm = models.PositiveIntegerField(null=True, blank=True)
    fixed_minor = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        db_table = "catalog_product"
        verbose_name = _("commission product")
        constraints = [
            models.UniqueConstraint(fields=["program", "name"], name="product_once_a_program"),
            _one_of_two("product_percent_or_fixed"),
        ]

    def __str__(self) -> str:
        return self.name


class ClickTarget(Edited):
    id = models.BigAutoField(primary_key=True)
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="targets")
    alias = models.CharField(max_length=64)
    url = models.CharField(max_length=2000)

    class Meta:
        db_table = "catalog_click_target"
        constraints = [models.UniqueConstraint(fields=["program", "alias"], name="alias_once_a_program")]

    def __str__(self) -> str:
        return self.alias


class Creative(Edited):
    id = models.BigAutoField(primary_key=True)
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="creatives")
    name = models.CharField(max_length=200)
    target = models.ForeignKey(ClickTarget, on_delete=models.PROTECT, related_name="creatives")
    product = models.ForeignKey(Product, null=True, blank=True, on_delete=models.PROTECT, related_name="creatives")
    state = models.CharField(max_length=8, choices=ProgramState.choices, default=ProgramState.ACTIVE)

    class Meta:
        db_table = "catalog_creative"

    def __str__(self) -> str:
        return f"{self.name} ({self.pk})"


class Partner(Edited):
    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=200)
    state = models.CharField(max_length=8, choices=PartnerState.choices, default=PartnerState.ACTIVE)

    class Meta:
        db_table = "catalog_partner"

    def __str__(self) -> str:
        return f"{self.name} ({self.pk})"


class Approval(Edited):
    """This partner may earn this product; without a product: every one, later ones too."""

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="approvals")
    program = models.ForeignKey(Program, on_delete=models.CASCADE, related_name="approvals")
    product = models.ForeignKey(Product, null=True, blank=True, on_delete=models.CASCADE, related_name="approvals")
    created_ms = models.BigIntegerField(default=0, db_default=0, editable=False)
    """Since when; 0 where that was not written down."""

    class Meta:
        db_table = "catalog_approval"
        constraints = [
            models.UniqueConstraint(fields=["partner", "program", "product"], name="approval_once"),
            models.UniqueConstraint(
                fields=["partner", "program"], name="approval_for_all_once", condition=Q(product__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner} - {self.product or _('every product')}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._is_stored() and (not self._state.adding or not self.created_ms):
            self.created_ms = time.time_ns() // 1_000_000
        super().save(*args, **kwargs)

    def _is_stored(self) -> bool:
        """Whether it says the same as the row that is there; another partner or product is approved from now on."""
        return (
            not self._state.adding
            and type(self)
            .objects.filter(
                pk=self.pk, partner_id=self.partner_id, program_id=self.program_id, product_id=self.product_id
            )
            .exists()
        )


class PartnerRate(Edited):
    """A partner's own rate, in place of the product's: his first one. Later ones are in TimedRate."""

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="rates")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="partner_rates")
    percent_ppm = models.PositiveIntegerField(null=True, blank=True)
    fixed_minor = models.PositiveBigIntegerField(null=True, blank=True)
    valid_from_ms = models.BigIntegerField(default=0, db_default=0)
    """0: from the beginning."""
    made_ms = models.BigIntegerField(default=0, db_default=0)
    made_by = models.CharField(max_length=150, blank=True, default="", db_default="")

    class Meta:
        db_table = "catalog_partner_rate"
        constraints = [
            models.UniqueConstraint(fields=["partner", "product"], name="partner_rate_once"),
            _one_of_two("partner_rate_percent_or_fixed"),
        ]

    def __str__(self) -> str:
        return f"{self.partner} - {self.product}"


class TimedRate(Edited):
    """What is paid from a moment on: by the product, or to one partner in place of that. `rates.py` writes here."""

    id = models.BigAutoField(primary_key=True)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="timed_rates")
    partner = models.ForeignKey(Partner, null=True, blank=True, on_delete=models.CASCADE, related_name="timed_rates")
    valid_from_ms = models.BigIntegerField()
    """Milliseconds since 1970 UTC."""
    percent_ppm = models.PositiveIntegerField(null=True, blank=True)
    fixed_minor = models.PositiveBigIntegerField(null=True, blank=True)
    made_ms = models.BigIntegerField(default=0)
    made_by = models.CharField(max_length=150, blank=True, default="")
    """An account's name, an API key, a command."""

    class Meta:
        db_table = "catalog_timed_rate"
        constraints = [
            models.UniqueConstraint(fields=["product", "partner", "valid_from_ms"], name="timed_rate_once"),
            models.UniqueConstraint(
                fields=["product", "valid_from_ms"],
                name="timed_rate_of_product_once",
                condition=Q(partner__isnull=True),
            ),
            _one_at_most("timed_rate_percent_or_fixed"),
        ]

    def __str__(self) -> str:
        return f"{self.partner or self.product}, {self.valid_from_ms}"


class PartnerNote(models.Model):
    """What people want to remember of a partner. No edit of the catalog: nobody judges by it."""

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="notes")
    text = models.TextField()
    made_ms = models.BigIntegerField()
    made_by = models.CharField(max_length=150)

    class Meta:
        db_table = "catalog_partner_note"
        indexes = [models.Index(fields=["partner", "made_ms"], name="partner_note_time")]

    def __str__(self) -> str:
        return self.text[:60]


class CatalogVersion(models.Model):
    """One row: the version rises in the same transaction as the edit."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    version = models.PositiveBigIntegerField(default=0)
    changed_ms = models.BigIntegerField(default=0)

    class Meta:
        db_table = "catalog_version"

    @classmethod
    def raise_by_one(cls, now_ms: int) -> None:
        cls.objects.filter(pk=1).update(version=F("version") + 1, changed_ms=now_ms)
