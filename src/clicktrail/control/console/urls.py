"""Addresses of the console. What of allauth is not named here cannot be reached."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from clicktrail.control.banners import serving
from clicktrail.control.console import account, signin, welcome
from clicktrail.control.reports import home
from clicktrail.control.reports import page as report_page
from clicktrail.control.secondlooks import sharedpage

inside = admin.site.admin_view

for model, page in list(admin.site._registry.items()):
    # Libraries bring pages of their own, on which a second factor could be taken away without a password.
    if not type(page).__module__.startswith("clicktrail."):
        admin.site.unregister(model)

urlpatterns = [
    path("api/", include("clicktrail.control.api.urls")),
    path("", home.front, name="home"),
    path("favicon.ico", RedirectView.as_view(url=static("console/icon.svg"))),
    path("login/", signin.SignIn.as_view(), name="account_login"),
    path("login/second-step/", signin.SecondStep.as_view(), name="mfa_authenticate"),
    path("welcome/<str:token>/", welcome.welcome, name="welcome"),
    path("account/", inside(account.Overview.as_view()), name="mfa_index"),
    path("account/confirm/", inside(signin.PasswordAgain.as_view()), name="account_reauthenticate"),
    path("account/second-factor/", inside(account.SwitchOn.as_view()), name="mfa_activate_totp"),
    path("account/second-factor/off/", inside(account.SwitchOff.as_view()), name="mfa_deactivate_totp"),
    path("account/recovery-codes/", inside(account.RecoveryCodes.as_view()), name="mfa_view_recovery_codes"),
    path("account/recovery-codes/new/", inside(account.NewRecoveryCodes.as_view()), name="mfa_generate_recovery_codes"),
    path("password_change/", inside(account.ChangePassword.as_view())),
    path("assistant/", include("clicktrail.control.assistant.urls")),
    path("partner/", include("clicktrail.control.portal.urls")),
    path("banner/<str:name>", serving.banner, name="banner"),
    path("reports/", inside(report_page.page), name="reports"),
    path("reports/csv/", inside(report_page.csv), name="reports_csv"),
    path("share/<str:token>", sharedpage.shared, name="shared_story"),
    path("", admin.site.urls),
]
