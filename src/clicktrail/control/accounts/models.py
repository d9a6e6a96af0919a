"""Who may sign in. A model of our own from the first day: to change it later would be a migration of pain."""

from django.contrib.auth.models import AbstractUser


class Account(AbstractUser):
    """Today every account is a manager; the username is what the history of a transaction names."""

    class Meta:
        db_table = "accounts_account"
        verbose_name = "account"
