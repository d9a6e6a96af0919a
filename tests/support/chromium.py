"""A real Chromium without a window, driven by selenium; a profile of its own, gone afterwards."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions, ChromeService

LOAD_TIMEOUT_S = 120

FLAGS = (
    "--headless=new",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--lang=en",
)


@contextmanager
def browser(profile: Path, *, width: int = 1280, height: int = 900, dark: bool = False) -> Iterator[Chrome]:
    """A browser for the time of the block; `profile` is a folder that only it uses.

    As root Chromium runs only without its sandbox; it opens nothing but pages of this machine.
    """
    options = ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in (*FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"):
        options.add_argument(flag)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    if dark:
        options.add_argument("--blink-settings=preferredColorScheme=0")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options, ChromeService(shutil.which("chromedriver") or ""))
    try:
        driver.set_page_load_timeout(LOAD_TIMEOUT_S)
        yield driver
    finally:
        driver.quit()


def afresh(driver: Chrome, *, width: int = 1440, height: int = 900) -> Chrome:
    """The same browser for somebody else: nobody is signed in, nothing was complained of. Quicker than another one."""
    driver.switch_to.default_content()
    driver.get("about:blank")
    driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
    driver.set_window_size(width, height)
    complaints(driver)
    return driver


def complaints(driver: Chrome) -> list[str]:
    """What the browser's console holds since the last look: errors and broken policies, one text each."""
    return [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
