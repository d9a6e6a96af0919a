"""Accounts: who may sign in."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserCreationForm

from clicktrail.control.accounts.gate import confirm_first
from clicktrail.control.accounts.models import Account


class NewAccountForm(UserCreationForm):
    usable_password = None

    class Meta:
        model = Account
        fields = ("username",)


class PasswordForm(AdminPasswordChangeForm):
    usable_password = None


class AccountForm(forms.ModelForm):
    class Meta:
        model = Account
        fields = ("username", "first_name", "last_name", "email", "is_active")


@admin.register(Account)
class AccountAdmin(UserAdmin, ModelAdmin):
    """Every account is a manager; one who has left is made inactive, so that the history keeps its name."""

    form = AccountForm
    add_form = NewAccountForm
    change_password_form = PasswordForm
    list_display = ("username", "email", "is_active", "last_login")
    list_filter = ("is_active",)
    search_fields = ("username", "email")
    ordering = ("username",)
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "shown_password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Access", {"fields": ("is_active", "last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "password1", "password2")}),)
    readonly_fields = ("shown_password", "last_login", "date_joined")

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        """One's own is changed where the old one is asked for; another's by who has shown lately that it is him."""
        if str(request.user.pk) == id:
            return HttpResponseRedirect(reverse("admin:password_change"))
        return confirm_first(request) or super().user_change_password(request, id, form_url)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> Any:
        return confirm_first(request) or super().add_view(request, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Account, form: object, change: bool) -> None:
        if not change:
            obj.is_staff = obj.is_superuser = True
        super().save_model(request, obj, form, change)

    @display(description="Password")
    def shown_password(self, row: Account) -> str:
        address = reverse("admin:auth_user_password_change", args=[row.pk])
        return format_html('<a class="ct-link" href="{}">Set a new password</a>', address)

    def has_delete_permission(self, _request: HttpRequest, _obj: Account | None = None) -> bool:
        return False


if admin.site.is_registered(Group):
    admin.site.unregister(Group)
