"""What the tests of the page do in the browser, and what they read there."""

import re

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

PHONE, DESK = (390, 800), (1200, 900)

WATCH = """
window.answered = [];  // paths whose answers began to arrive
window.seen = [];  // what the translation and the problem were, one after the other
const real = window.fetch;
window.fetch = async (...asked) => {
  const answer = await real(...asked);
  answered.push(asked[0]);
  return answer;
};
for (const name of ["translation", "problem"]) {
  const note = () => seen.push(document.getElementById(name).textContent);
  new MutationObserver(note).observe(
    document.getElementById(name), {childList: true});
}
"""

_FAKE = """
window.tries = 0;
const real = window.fetch;
window.fetch = async (path, options) =>
  path === "PATH" && ++tries <= TIMES ? ANSWER : real(path, options);
"""


def fake(path, answer, times=99):
    """A script after which some requests get this answer, an expression, instead."""
    script = _FAKE.replace("PATH", path).replace("TIMES", str(times))
    return script.replace("ANSWER", answer)


def wait(browser, condition):
    return WebDriverWait(browser, 20).until(lambda _: condition())


def shown(page, name):
    return page.find_element(By.ID, name).text


def type_text(page, text):
    page.find_element(By.ID, "text").send_keys(text)


def type_at_once(page, text):
    """Types a text; returns whether the page then says that it shows another's."""
    return page.execute_script(
        "at('text').value = arguments[0];"
        "at('text').dispatchEvent(new Event('input'));"
        "return at('translation').className === 'waiting' && at('copy').disabled",
        text,
    )


def shaded(page):
    """The button of a word that all of a translation was made from."""
    type_text(page, "hund")
    selector = ".target button"
    wait(page, lambda: page.find_elements(By.CSS_SELECTOR, selector))
    page.execute_script("document.querySelector('.target button').focus()")
    source = page.find_element(By.CSS_SELECTOR, ".source button")
    wait(page, lambda: source.get_attribute("title") == "100 %")
    return source


def choose(page, system):
    Select(page.find_element(By.ID, "system")).select_by_visible_text(system)


def set_scheme(page, scheme):
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def colour(element, name):
    """Red, green, blue, and the opacity if it is not whole."""
    numbers = re.findall(r"[0-9.]+", element.value_of_css_property(name))
    return [float(number) for number in numbers]


def contrast(one, other):
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    dark, light = sorted(map(_luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour):
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    shares = [x / 255 for x in colour]
    linear = [x / 12.92 if x <= 0.04 else ((x + 0.055) / 1.055) ** 2.4 for x in shares]
    return sum(w * x for w, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
