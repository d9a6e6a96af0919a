"""Addresses of the partner portal. Whoever adds a page wraps it in `inside`; a test asks each for another's data."""

from django.urls import path

from clicktrail.control.portal import (
    account,
    joining,
    links,
    overview,
    ownreports,
    postbacks,
    proving,
    terms,
    transactions,
)
from clicktrail.control.portal.viewer import inside

app_name = "portal"


def _alone(view: object) -> object:
    """For the partner himself, also while he waits."""
    return inside(view, alone=True)  # type: ignore[arg-type]


OPEN = [
    path("join/", joining.join, name="join"),
    path("join/thanks/", joining.joined, name="joined"),
    path("terms/", terms.terms, name="terms"),
    path("terms/<int:version>/", terms.terms, name="terms_version"),
]
"""For anybody."""

urlpatterns = [
    *OPEN,
    path("", inside(overview.overview), name="overview"),
    path("leave/", overview.leave, name="leave"),
    path("links/", inside(links.links), name="links"),
    path("deeplink/", inside(links.deeplink), name="deeplink"),
    path("transactions/", inside(transactions.transactions), name="transactions"),
    path("transactions/<int:number>/", inside(transactions.transaction), name="transaction"),
    path("transactions.csv", inside(transactions.transactions_file), name="transactions_file"),
    path("clicks/<str:clickid>/", inside(transactions.click), name="click"),
    path("reports/", inside(ownreports.reports), name="reports"),
    path("reports.csv", inside(ownreports.reports_file), name="reports_file"),
    path("postbacks/", inside(postbacks.postbacks), name="postbacks"),
    path("postbacks/new/", inside(postbacks.new_postback), name="postback_new"),
    path("postbacks/check/", inside(postbacks.check), name="postback_check"),
    path("postbacks/<int:number>/", inside(postbacks.postback), name="postback"),
    path("postbacks/<int:number>/log/", inside(postbacks.log), name="postback_log"),
    path("postbacks/<int:number>/do/<str:deed>/", inside(postbacks.do), name="postback_do"),
    path("postbacks/<int:number>/deliveries/<int:key>/", inside(postbacks.delivery), name="delivery"),
    path("postbacks/<int:number>/deliveries/<int:key>/again/", inside(postbacks.again), name="delivery_again"),
    path("join/proof/", _alone(proving.ask_again), name="ask_again"),
    path("join/proof/<str:token>/", _alone(proving.prove), name="prove"),
    path("terms/accept/", _alone(terms.accept_terms), name="accept_terms"),
    path("account/", _alone(account.Overview.as_view()), name="account"),
    path("account/password/", _alone(account.ChangePassword.as_view()), name="password"),
    path("account/confirm/", _alone(account.PasswordAgain.as_view()), name="password_again"),
    path("account/second-factor/", _alone(account.SwitchOn.as_view()), name="second_factor"),
    path("account/second-factor/picture/", _alone(account.picture), name="second_factor_picture"),
    path("account/second-factor/off/", _alone(account.SwitchOff.as_view()), name="second_factor_off"),
    path("account/recovery-codes/", _alone(account.RecoveryCodes.as_view()), name="recovery_codes"),
    path("account/recovery-codes/new/", _alone(account.NewRecoveryCodes.as_view()), name="new_recovery_codes"),
]
