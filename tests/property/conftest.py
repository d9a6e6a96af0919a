"""Property tests run the same examples each time; the nightly run looks for new ones, and for more."""

import pytest
from hypothesis import HealthCheck, settings

# Two cores are shared by all tests: a slow example says nothing about the code.
_CALM = {"deadline": None, "database": None, "suppress_health_check": [HealthCheck.too_slow]}


def pytest_configure(config: pytest.Config) -> None:
    nightly = bool(config.getoption("--nightly"))
    settings.register_profile("short", max_examples=200, derandomize=True, **_CALM)
    settings.register_profile("nightly", max_examples=10_000, **_CALM)
    settings.load_profile("nightly" if nightly else "short")
