"""The page in a headless Chromium: what a person types, sees and reaches by keys.

Debian: `apt-get install chromium chromium-driver`. `make test` does not run this file.
"""

import re
import time

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.driver import (
    DESK,
    PHONE,
    WATCH,
    choose,
    colour,
    contrast,
    fake,
    set_scheme,
    shaded,
    shown,
    type_at_once,
    type_text,
    wait,
)

pytest_plugins = ["tests.browser.fixtures"]


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


def test_a_word_shows_and_says_what_it_was_made_from(page):
    source = shaded(page)
    assert source.get_attribute("aria-label") == "hund, 100 %"
    page.execute_script("arguments[0].focus()", source)
    wait(page, lambda: source.get_attribute("aria-label") is None)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_shaded_word_stays_legible(page, scheme):
    set_scheme(page, scheme)
    source = shaded(page)
    *shade, opacity = colour(source, "background-color")
    paper = colour(page.find_element(By.TAG_NAME, "body"), "background-color")[:3]
    behind = [
        opacity * x + (1 - opacity) * y for x, y in zip(shade, paper, strict=True)
    ]
    assert contrast(behind, colour(source, "color")[:3]) > 4.5
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
    choose(page, "French → English")
    assert "upper-fr-en" in shown(page, "about")
    assert page.find_element(By.ID, "text").get_attribute("lang") == "fr"


def test_an_error_is_said_and_goes_away(page):
    type_text(page, "x" * 101)
    wait(page, lambda: "send at most 99" in shown(page, "problem"))
    type_text(page, Keys.BACKSPACE * 5)
    wait(page, lambda: shown(page, "translation") == "X" * 96)
    assert shown(page, "problem") == ""


# === Answers that are late, lost or none ===


@pytest.mark.parametrize("path", ["translate", "attention"])
def test_typing_while_an_answer_arrives_loses_no_translation(page, path):
    page.execute_script(WATCH)
    type_text(page, "langsam")
    wait(page, lambda: path in page.execute_script("return answered"))
    type_text(page, " a")
    wait(page, lambda: shown(page, "translation") == "LANGSAM A")
    before = ["LANGSAM"] * (path == "attention")
    assert page.execute_script("return seen") == [*before, "LANGSAM A"]


@pytest.mark.parametrize("answer", ["new Response('null')", "new Response('<p>')"])
def test_an_attention_that_cannot_be_read_leaves_the_translation(page, answer):
    page.execute_script(WATCH)
    page.execute_script(fake("attention", answer))
    type_text(page, "ja")
    wait(page, lambda: page.execute_script("return tries"))
    time.sleep(0.2)
    assert page.execute_script("return seen") == ["JA"]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("new Response('', {status: 500})", "The server answered 500."),
        ("new Response('{}', {status: 401, statusText: 'Who?'})", "Who?"),
        ("new Response('<p>Log in')", "The server's answer cannot be read."),
    ],
)
def test_a_problem_is_always_said(page, answer, problem):
    page.execute_script(fake("translate", answer))
    type_text(page, "ja")
    wait(page, lambda: shown(page, "problem") == problem)
    assert shown(page, "translation") == ""


BUSY = "new Response('{}', {status: 429, headers: {'Retry-After': '1'}})"
LOST = "Promise.reject(new TypeError('lost'))"


@pytest.mark.parametrize("answer", [BUSY, "new Response('{}', {status: 503})", LOST])
def test_a_text_is_sent_again_until_the_server_answers(page, answer):
    page.execute_script(fake("translate", answer, times=2))
    type_text(page, "ja")
    wait(page, lambda: shown(page, "problem").endswith("trying again"))
    wait(page, lambda: shown(page, "translation") == "JA")
    assert shown(page, "problem") == ""


def test_a_text_that_changed_is_not_sent_again(page):
    page.execute_script(fake("translate", BUSY, times=1))
    type_text(page, "ja")
    wait(page, lambda: shown(page, "problem"))
    type_text(page, " nein")
    wait(page, lambda: shown(page, "translation") == "JA NEIN")
    time.sleep(1.2)
    assert page.execute_script("return tries") == 2


def test_the_page_begins_once_the_server_answers(page):
    command = "Page.addScriptToEvaluateOnNewDocument"
    added = page.execute_cdp_cmd(command, {"source": fake("models", LOST, times=1)})
    page.refresh()
    page.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)
    wait(page, lambda: "does not answer" in shown(page, "problem"))
    type_text(page, "ja")
    wait(page, lambda: shown(page, "translation") == "JA")
    assert shown(page, "problem") == ""


# === What one copies, reads and reaches ===


def test_an_earlier_translation_waits_from_the_first_key_on(page):
    assert type_at_once(page, "ja")
    wait(page, lambda: shown(page, "translation") == "JA")
    assert type_at_once(page, "nein")
    assert not type_at_once(page, "")


@pytest.mark.parametrize(
    ("end", "said"),
    [("resolve", "Copied"), ("reject", "The browser did not permit it.")],
)
def test_copying_is_confirmed(page, end, said):
    page.execute_script(
        "navigator.clipboard.writeText = text => { window.copied = text;"
        f"return Promise.{end}(new Error('not permitted')); }}"
    )
    type_text(page, "ja")
    wait(page, lambda: shown(page, "translation") == "JA")
    page.find_element(By.ID, "copy").click()
    wait(page, lambda: shown(page, "copied") == said)
    assert page.execute_script("return copied") == "JA"
    wait(page, lambda: shown(page, "copied") == "")


def test_words_of_a_language_from_right_to_left_stand_so(page):
    choose(page, "Arabic → English")
    type_text(page, "كلب كبير")
    wait(page, lambda: page.find_elements(By.CSS_SELECTOR, ".source button"))
    rows = page.find_elements(By.CSS_SELECTOR, ".tokens")
    assert [row.get_attribute("lang") for row in rows] == ["en", "ar"]
    first, second = page.find_elements(By.CSS_SELECTOR, ".source button")
    assert first.rect["x"] > second.rect["x"]
    first.send_keys(Keys.ARROW_LEFT)
    assert page.switch_to.active_element == second
    second.send_keys(Keys.ARROW_RIGHT)
    assert page.switch_to.active_element == first


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
