"""A server whose systems are stubs, and a browser that shows its page."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from tests.browser.driver import DESK, wait

REPOSITORY = Path(__file__).parents[2]

SERVER = """
import asyncio

from keras_nmt.serving.app import make_app
from keras_nmt.serving.catalog import Catalog
from keras_nmt.serving.http import bind, serve
from keras_nmt.serving.settings import Limits
from tests.serving_stub import Upper

class Upper(Upper):
    def attention(self, sentences):
        if "dunkel" in sentences:
            raise RuntimeError("as asked")
        return [
            {"source": text.split(), "target": text.upper().split(),
             "weights": [[float(i == j) for i, _ in enumerate(text.split())]
                         for j, _ in enumerate(text.split())]}
            for text in sentences
        ]

def slowly(app):
    async def slow_app(scope, receive, send):
        async def send_slowly(message):
            body = message.get("body", b"")
            if b"LANGSAM" in body:
                await send({**message, "body": body[:5], "more_body": True})
                await asyncio.sleep(1.5)
                message = {**message, "body": body[5:]}
            await send(message)
        await app(scope, receive, send_slowly)
    return slow_app

systems = [Upper(), Upper("fr", "en"), Upper("ar", "en")]
app = make_app(Catalog(systems), Limits(characters=99))
bound = bind("127.0.0.1", 0)
serve(slowly(app), bound, 60, lambda address: print(address, flush=True))
"""


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
