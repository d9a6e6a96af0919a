"""The command `clicktrail`."""


def main() -> None:
    raise SystemExit(0)
