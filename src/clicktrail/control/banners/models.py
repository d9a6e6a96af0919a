"""Which picture belongs to which creative, and the words of text links."""

from django.db import models
from django.db.models import Q

from clicktrail.control.catalog.models import Creative

MAX_WORDS = 250
"""Characters of an alternative text, and of a link's text."""


class Banner(models.Model):
    """A picture of a creative. One that was replaced stays: partners may have its address in their pages."""

    id = models.BigAutoField(primary_key=True)
    creative = models.ForeignKey(Creative, on_delete=models.PROTECT, related_name="banners")
    digest = models.CharField(max_length=32, db_index=True)
    kind = models.CharField(max_length=4)
    """The ending of its file."""
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    bytes = models.PositiveIntegerField()
    alt = models.CharField(max_length=MAX_WORDS, blank=True)
    created_ms = models.BigIntegerField()
    ended_ms = models.BigIntegerField(null=True)
    """When it was replaced; null: it is the creative's picture."""

    class Meta:
        db_table = "banners_banner"
        constraints = [
            models.UniqueConstraint(
                fields=["creative"], name="banner_in_force_once", condition=Q(ended_ms__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.width} × {self.height}"

    @property
    def kibibytes(self) -> int:
        return -(-self.bytes // 1024)

    @property
    def name(self) -> str:
        """Of its file, and the last part of its address."""
        return f"{self.digest}.{self.kind}"


class LinkText(models.Model):
    """What a creative's text link says; without a row that is the creative's name."""

    creative = models.OneToOneField(Creative, primary_key=True, on_delete=models.CASCADE, related_name="link_text")
    text = models.CharField(max_length=MAX_WORDS)

    class Meta:
        db_table = "banners_link_text"
