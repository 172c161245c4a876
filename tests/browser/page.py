"""The page in a headless Chromium: what a person types, sees and reaches by keys.

Debian: `apt-get install chromium chromium-driver`. `make test` does not run this file.
"""

import os
import re
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

class Upper(Upper):
    def attention(self, sentences):
        if "dunkel" in sentences:
            raise RuntimeError("as asked")
        return super().attention(sentences)

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


def shaded(page):
    """The button of a word that all of a translation was made from."""
    type_text(page, "hund")
    selector = ".target button"
    wait(page, lambda: page.find_elements(By.CSS_SELECTOR, selector))
    page.execute_script("document.querySelector('.target button').focus()")
    source = page.find_element(By.CSS_SELECTOR, ".source button")
    wait(page, lambda: source.get_attribute("title") == "100 %")
    return source


def test_a_word_shows_and_says_what_it_was_made_from(page):
    source = shaded(page)
    assert source.get_attribute("aria-label") == "hund, 100 %"
    page.execute_script("arguments[0].focus()", source)
    wait(page, lambda: source.get_attribute("aria-label") is None)


def set_scheme(page, scheme):
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def colour(element, name):
    """Red, green, blue, and the opacity if it is not whole."""
    numbers = re.findall(r"[0-9.]+", element.value_of_css_property(name))
    return [float(number) for number in numbers]


def luminance(colour):
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    shares = [x / 255 for x in colour]
    linear = [x / 12.92 if x <= 0.04 else ((x + 0.055) / 1.055) ** 2.4 for x in shares]
    return sum(w * x for w, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_shaded_word_stays_legible(page, scheme):
    set_scheme(page, scheme)
    source = shaded(page)
    *shade, opacity = colour(source, "background-color")
    paper = colour(page.find_element(By.TAG_NAME, "body"), "background-color")[:3]
    behind = [
        opacity * x + (1 - opacity) * y for x, y in zip(shade, paper, strict=True)
    ]
    both = sorted(map(luminance, (behind, colour(source, "color")[:3])))
    assert (both[1] + 0.05) / (both[0] + 0.05) > 4.5
    assert opacity > 0.4


def test_a_translation_stays_if_only_its_attention_fails(page):
    type_text(page, "dunkel")
    wait(page, lambda: shown(page, "translation") == "DUNKEL")
    translation = page.find_element(By.ID, "translation")
    wait(page, lambda: "waiting" not in translation.get_attribute("class"))
    assert shown(page, "translation") == "DUNKEL"
    assert shown(page, "problem") == ""
    assert not page.find_element(By.ID, "looks").is_displayed()


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
    set_scheme(page, scheme)
    red, *_ = colour(page.find_element(By.TAG_NAME, "body"), "background-color")
    assert (red > 200) == (scheme == "light")


def test_the_browser_had_nothing_to_complain_of(page):
    type_text(page, "ja")
    wait(page, lambda: shown(page, "translation") == "JA")
    asked_for = "status of (413|500)"  # by the tests of errors
    messages = [x["message"] for x in page.get_log("browser")]
    assert not [x for x in messages if not re.search(asked_for, x)]
