"""The page in headless Chromium: it sorts, fits a phone, is dark when asked, and has no error."""

from __future__ import annotations

import os
import shutil

import pytest

from ctre.experiments.report import Report, Section, Table, Value, as_html

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here"),
    pytest.mark.filterwarnings("default"),
]

ROWS = [("b10", 70.5), ("b9", 9.25), ("a", float("-inf")), ("c", 80.0)]


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as manager:
        opened = manager.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    wide = [f"column {number}" for number in range(12)]
    table = Table(
        "Numbers",
        ["name", "value", *wide],
        [
            [Value(name), Value(f"{number:.1f}", order=number), *[Value("1234.5 ± 6.7")] * 12]
            for name, number in ROWS
        ],
    )
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(as_html(Report("Page", [Section("One", ["Words. " * 40, table])])))
    return path.as_uri()


def opened(browser, address, width, scheme="light"):
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    errors = []
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    return page, errors


def names(page):
    return page.locator("tbody td:first-child").all_inner_texts()


def test_it_sorts(browser, address):
    """Planted: numbers sorted as text, the order attribute ignored."""
    page, errors = opened(browser, address, 1200)
    assert names(page) == ["b10", "b9", "a", "c"]
    value = page.get_by_role("button", name="value")
    value.click()
    assert names(page) == ["c", "b10", "b9", "a"]
    assert page.locator("th").nth(1).get_attribute("aria-sort") == "descending"
    value.click()
    assert names(page) == ["a", "b9", "b10", "c"]
    page.get_by_role("button", name="name").click()
    assert names(page) == ["a", "b9", "b10", "c"]  # as people count
    assert page.locator("th").nth(1).get_attribute("aria-sort") is None
    page.get_by_role("button", name="name").press("Enter")
    assert names(page) == ["c", "b10", "b9", "a"]
    assert errors == []


@pytest.mark.parametrize("width", [390, 1200])
def test_it_fits(browser, address, width):
    page, errors = opened(browser, address, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = page.locator(".scroll").first
    assert box.evaluate(
        "box => box.scrollWidth > box.clientWidth"
    )  # the table scrolls, not the page
    assert errors == []


def test_light_and_dark(browser, address):
    colors = {}
    for scheme in ("light", "dark"):
        page, _ = opened(browser, address, 600, scheme)
        style = "getComputedStyle(document.body)"
        colors[scheme] = page.evaluate(f"[{style}.backgroundColor, {style}.color]")
    assert colors["light"][0] == "rgb(255, 255, 255)"
    assert colors["dark"][0] == "rgb(17, 24, 39)"
    assert colors["light"][1] != colors["dark"][1]
