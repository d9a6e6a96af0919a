"""Looking at and pressing on a page that may just be changing under the finger.

A page that is replaced between finding an element and asking it something makes that element stale. So text is
read in one step inside the browser, and a press that met a leaving page is tried again on the one that came.
A page that has not come wholly says nothing yet and has nothing to press: half of its words would be missing, and
its scripts would not hear the press.
"""

from contextlib import suppress

from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    JavascriptException,
    NoSuchElementException,
    StaleElementReferenceException,
)
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from support.observe import until

PATIENCE_S = 15
LEAVING = (NoSuchElementException, StaleElementReferenceException, JavascriptException)
NOT_YET = (*LEAVING, ElementClickInterceptedException, ElementNotInteractableException)
"""Nothing was pressed: it is away, or still hidden, or something moves over it."""
HAS_COME = "return document.readyState === 'complete'"
TEXT = "return document.body && document.readyState === 'complete' ? document.body.innerText : ''"


def text(driver: Chrome) -> str:
    """What a person could read on the page; empty while it is being replaced, and until it is there."""
    try:
        return str(driver.execute_script(TEXT))
    except LEAVING:
        return ""


def shows(driver: Chrome, words: str) -> None:
    until(lambda: words in text(driver), PATIENCE_S, f"a page that says {words!r}")


def found(driver: Chrome, by: str, what: str) -> WebElement:
    """The element, waited for."""

    def look() -> WebElement | None:
        try:
            return driver.find_element(by, what) if driver.execute_script(HAS_COME) else None
        except LEAVING:
            return None

    return until(look, PATIENCE_S, f"an element {what}")


def click(driver: Chrome, by: str, what: str) -> None:
    def pressed() -> bool:
        try:
            if not driver.execute_script(HAS_COME):
                return False
            driver.find_element(by, what).click()
        except ElementClickInterceptedException:
            _to_the_middle(driver, by, what)
            return False
        except NOT_YET:
            return False
        return True

    until(pressed, PATIENCE_S, f"something to press at {what}")


def _to_the_middle(driver: Chrome, by: str, what: str) -> None:
    """What lies under the bar at the foot of a long page is scrolled away from there, as a person does."""
    with suppress(*LEAVING):
        driver.execute_script("arguments[0].scrollIntoView({ block: 'center' })", driver.find_element(by, what))


def press(driver: Chrome, words: str) -> None:
    """Presses the button, or the link, that says `words`."""
    click(driver, By.XPATH, f"//button[contains(., '{words}')] | //a[normalize-space()='{words}']")


def write(driver: Chrome, name: str, value: str) -> None:
    """Types `value` into the field called `name`."""
    found(driver, By.NAME, name).send_keys(value)
