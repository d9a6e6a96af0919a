"""Accounts: who may sign in."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from clicktrail.control.accounts.models import Account


class NewAccountForm(UserCreationForm):
    class Meta:
        model = Account
        fields = ("username",)


class AccountForm(UserChangeForm):
    class Meta:
        model = Account
        fields = "__all__"


@admin.register(Account)
class AccountAdmin(UserAdmin, ModelAdmin):
    """Every account is a manager; one who has left is made inactive, so that the history keeps its name."""

    form = AccountForm
    add_form = NewAccountForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "is_active", "last_login")
    list_filter = ("is_active",)
    search_fields = ("username", "email")
    ordering = ("username",)
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Access", {"fields": ("is_active", "last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")

    def save_model(self, request: HttpRequest, obj: Account, form: object, change: bool) -> None:
        if not change:
            obj.is_staff = obj.is_superuser = True
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, _request: HttpRequest, _obj: Account | None = None) -> bool:
        return False


if admin.site.is_registered(Group):
    admin.site.unregister(Group)
