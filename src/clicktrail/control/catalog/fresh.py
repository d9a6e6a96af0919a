"""What a fresh install has: program 1 with one product, one target and one creative, and the test partner."""

from clicktrail.control.catalog import models
from clicktrail.control.catalog.edits import edit, go_on_after
from clicktrail.core.catalog import TEST_PARTNER

PROGRAM = 1
CREATIVE = 1
TARGET_URL = "https://shop.example/?qc_clickid=<% CLICKID %>"
SALE_PPM = 100_000
"""10 %."""


def make_fresh() -> bool:
    """Fill an empty catalog; one with any program or partner is left alone. Returns whether it was empty."""
    with edit():
        if models.Program.objects.exists() or models.Partner.objects.exists():
            return False
        program = models.Program.objects.create(pk=PROGRAM, name="My shop", currency="EUR", time_zone="Europe/Berlin")
        product = models.Product.objects.create(program=program, name="Sale", percent_ppm=SALE_PPM)
        target = models.ClickTarget.objects.create(program=program, alias="default", url=TARGET_URL)
        models.Creative.objects.create(pk=CREATIVE, program=program, name="Text link", target=target, product=product)
        program.default_product = product
        program.save()
        partner = models.Partner.objects.create(pk=TEST_PARTNER, name="Test partner")
        models.Approval.objects.create(partner=partner, program=program)
        go_on_after(models.Partner, models.Program, models.Creative)
        return True
