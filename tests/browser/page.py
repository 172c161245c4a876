"""The page in a headless Chromium: what a person types, sees and reaches by keys.

Debian: `apt-get install chromium chromium-driver`. `make test` does not run this file.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

REPOSITORY = Path(__file__).parents[2]

SERVER = """
from keras_nmt.serving.app import make_app
from keras_nmt.serving.catalog import Catalog
from keras_nmt.serving.http import bind, serve
from keras_nmt.serving.settings import Limits
from tests.serving_stub import Upper

app = make_app(Catalog([Upper(), Upper("fr", "en")]), Limits(characters=99))
bound = bind("127.0.0.1", 0)
serve(app, bound, 60, lambda address: print(address, flush=True))
"""

PHONE, DESK = (390, 800), (1200, 900)


@pytest.fixture(scope="module")
def address():
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process.stdout.readline().strip()
    process.terminate()
    process.communicate()


@pytest.fixture(scope="module")
def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    for switch in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService("/usr/bin/chromedriver")
    browser = webdriver.Chrome(options, service)
    yield browser
    browser.quit()


@pytest.fixture
def page(browser, address):
    browser.set_window_size(*DESK)
    browser.get(address)
    wait(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "#system option"))
    return browser


def wait(browser, condition):
    return WebDriverWait(browser, 20).until(lambda _: condition())


def shown(page, name):
    return page.find_element(By.ID, name).text


def type_text(page, text):
    page.find_element(By.ID, "text").send_keys(text)


def test_it_translates_as_one_types(page):
    type_text(page, "der hund")
    wait(page, lambda: shown(page, "translation") == "DER HUND")
    type_text(page, " bellt")
    wait(page, lambda: shown(page, "translation") == "DER HUND BELLT")


def test_it_shows_the_best_translations_with_their_scores(page):
    type_text(page, "ja")
    wait(page, lambda: page.find_elements(By.CSS_SELECTOR, "#list li"))
    rows = [x.text.split() for x in page.find_elements(By.CSS_SELECTOR, "#list li")]
    assert rows[:2] == [["-1.00", "JA"], ["-2.00", "JA'"]]
    assert len(rows) == 4


def test_markup_is_shown_as_text(page):
    type_text(page, "<img src=x onerror=alert(1)>")
    wait(page, lambda: "<IMG" in shown(page, "translation"))
    assert not page.find_elements(By.CSS_SELECTOR, "main img")


def test_a_word_shows_what_it_was_made_from(page):
    type_text(page, "hund")
    selector = ".target button"
    wait(page, lambda: page.find_elements(By.CSS_SELECTOR, selector))
    page.execute_script("document.querySelector('.target button').focus()")
    source = page.find_element(By.CSS_SELECTOR, ".source button")
    wait(page, lambda: source.get_attribute("title") == "100 %")
    assert "0.6" in source.get_attribute("style")


def test_another_system_is_chosen_and_told(page):
    assert "upper-de-en" in shown(page, "about")
    Select(page.find_element(By.ID, "system")).select_by_visible_text(
        "French → English"
    )
    assert "upper-fr-en" in shown(page, "about")
    assert page.find_element(By.ID, "text").get_attribute("lang") == "fr"


def test_an_error_is_said_and_goes_away(page):
    type_text(page, "x" * 101)
    wait(page, lambda: "send at most 99" in shown(page, "problem"))
    type_text(page, Keys.BACKSPACE * 5)
    wait(page, lambda: shown(page, "translation") == "X" * 96)
    assert shown(page, "problem") == ""


def test_everything_is_reached_by_the_tab_key(page):
    type_text(page, "ja")
    wait(page, lambda: page.find_elements(By.CSS_SELECTOR, ".target button"))
    page.execute_script("document.activeElement.blur()")
    reached = set()
    for _ in range(8):
        page.switch_to.active_element.send_keys(Keys.TAB)
        element = page.switch_to.active_element
        reached.add(element.get_attribute("id") or element.text)
    assert {"system", "text", "JA", "ja"} <= reached


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_nothing_is_wider_than_the_screen(page, size):
    page.set_window_size(*size)
    type_text(page, "Donaudampfschifffahrt" * 4)
    wait(page, lambda: page.find_elements(By.CSS_SELECTOR, "#list li"))
    root = "document.documentElement"
    wide, visible = (
        page.execute_script(f"return {root}.{x}")
        for x in ("scrollWidth", "clientWidth")
    )
    assert wide <= visible


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_differ(page, scheme):
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    body = page.find_element(By.TAG_NAME, "body")
    red = int(
        body.value_of_css_property("background-color").split("(")[1].split(",")[0]
    )
    assert (red > 200) == (scheme == "light")


def test_the_browser_had_nothing_to_complain_of(page):
    type_text(page, "ja")
    wait(page, lambda: shown(page, "translation") == "JA")
    refused = "status of 413"  # of the test of errors
    messages = [x["message"] for x in page.get_log("browser")]
    assert not [x for x in messages if refused not in x]
