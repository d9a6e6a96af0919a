"""axe-core in the page that is open: what keeps people from reading or using it."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# Style sheets are not fetched anew: no rule of these needs them, and a page's policy keeps them out, loudly.
RUN = """
const [only, done] = arguments;
const how = {runOnly: only, resultTypes: ["violations"], preload: {assets: ["media"]}};
const told = axe.run(document, how);
told.then((found) => done(found.violations), (fault) => done(String(fault)));
"""

ALIKE = """
const kind = (element) => [...element.querySelectorAll("*"), element].map((each) =>
  [each.tagName, each.className, ...[...each.attributes].map((one) => one.name)].join(" ")).join(",");
for (const parent of document.querySelectorAll("table, tbody, ul, ol, dl")) {
  const seen = {};
  for (const row of [...parent.children].filter((each) => each.matches("tbody, tr, li, div"))) {
    const name = kind(row);
    seen[name] = (seen[name] || 0) + 1;
    if (seen[name] > 3) row.remove();
  }
}
"""


def thin_out(driver: Chrome) -> None:
    """Of rows that differ in their words alone three stay: the hundredth breaks no rule that they do not break."""
    driver.execute_script(ALIKE)


def violations(driver: Chrome) -> list[str]:
    """One line for each rule and element."""
    return _told(_run(driver, {"type": "tag", "values": list(RULES)}))


def faint(driver: Chrome) -> list[str]:
    """Texts that stand out too little; all that another theme can change."""
    return _told(_run(driver, {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}))


def _run(driver: Chrome, only: dict[str, Any]) -> list[dict[str, Any]]:
    if not driver.execute_script("return Boolean(window.axe)"):
        driver.execute_script(_source())
    found = driver.execute_async_script(RUN, only)
    assert isinstance(found, list), found
    return found


def _told(found: list[dict[str, Any]]) -> list[str]:
    return [
        f"{rule['id']}: {' '.join(map(str, node['target']))}: {node['html'][:160]} {_why(node)}"
        for rule in found
        for node in rule["nodes"][:5]
    ]


def _why(node: dict[str, Any]) -> str:
    return "; ".join(check["message"] for kind in ("any", "all", "none") for check in node[kind])[:240]


@cache
def _source() -> str:
    """The package wraps it for another driver, which we have no use for and do not import."""
    spec = find_spec("axe_playwright_python")
    assert spec is not None and spec.submodule_search_locations
    return (Path(spec.submodule_search_locations[0]) / "axe.min.js").read_text()
