"""Which values are secrets, by their names, also inside of texts."""

import pytest

from clicktrail.core.secretnames import HIDDEN, hide_inside, is_secret


@pytest.mark.parametrize(
    "name",
    ["passphrase", "session", "session_id", "sessionId", "PHPSESSID", "pin", "user-pin", "oauth_verifier", "cookie",
     "hash", "orderHash", "X-Api-Key", "token", "otp"],
)  # fmt: skip
def test_secret_names(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", ["tid", "umsatz", "opinion", "shipping", "spin", "passenger", "hashtag", "campaign"])
def test_other_names(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://shop.example/?a=1&token=abc&b=2", f"https://shop.example/?a=1&token={HIDDEN}&b=2"),
        ("https://shop.example/#access_token=abc", f"https://shop.example/#access_token={HIDDEN}"),
        ("https%3A%2F%2Fshop.example%2F%3Fpin%3D12%26b%3D2", f"https%3A%2F%2Fshop.example%2F%3Fpin%3D{HIDDEN}%26b%3D2"),
        ('{"token":"x","a":1}', f'{{"token":"{HIDDEN}","a":1}}'),
        ('{"a":"{\\"token\\":\\"x\\"}"}', f'{{"a":"{{\\"token\\":\\"{HIDDEN}\\"}}"}}'),
        ('["https://a.example/?sig=1"]', f'["https://a.example/?sig={HIDDEN}"]'),
        ("https://shop.example/?a=1", "https://shop.example/?a=1"),
        ('{"a": 1}', '{"a": 1}'), ("a=b", "a=b"), ("{no json", "{no json"), ("[" * 5000, "[" * 5000), ("", ""),
    ],
)  # fmt: skip
def test_secrets_inside_of_a_text_are_hidden(text: str, shown: str) -> None:
    assert hide_inside(text) == shown
