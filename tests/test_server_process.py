"""The server process: its connections, its end, and what is no HTTP."""

import concurrent.futures
import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from benchmarks.server_clients import fuzz
from keras_nmt.errors import InputError
from keras_nmt.serving.http import bind

pytestmark = pytest.mark.backend_free

REPOSITORY = Path(__file__).parents[1]

SERVER = """
from keras_nmt.serving import http
from keras_nmt.serving.app import make_app
from keras_nmt.serving.catalog import Catalog
from tests.serving_stub import Upper

http.CONNECTIONS, http.HEADER_SECONDS = 12, 1
app = make_app(Catalog([Upper(seconds=0.3)]))
bound = http.bind("127.0.0.1", 0)
http.serve(app, bound, 60, lambda address: print(address, flush=True))
"""


@pytest.fixture(scope="module")
def process():
    """A server whose batches take 0.3 seconds, and its address.

    The last test ends it.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.address = process.stdout.readline().strip()
    yield process
    process.kill()
    process.communicate()


def connected(process):
    host, port = process.address.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def translated(address, text):
    body = json.dumps({"q": text, "source": "de", "target": "en"}).encode()
    request = urllib.request.Request(
        f"{address}/translate", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["translatedText"]


def unfinished(address):
    with urllib.request.urlopen(f"{address}/metrics", timeout=60) as answer:
        text = answer.read().decode()
    (line,) = [x for x in text.splitlines() if x.startswith("keras_nmt_requests_unf")]
    return float(line.split()[1])


@pytest.mark.parametrize(
    "sent",
    [
        b"GARBAGE\r\n\r\n",
        b"\x16\x03\x01\x00",
        b"POST /translate HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 299_999,
        b"HEAD / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n?\r\n",
    ],
)
def test_what_is_no_http_is_refused_and_the_server_goes_on(process, sent):
    with connected(process) as connection:
        connection.sendall(sent)
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"access-control-allow-origin: *\r\n" in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2]).keys() == {"error"}
    assert translated(process.address, "ja") == "JA"


def test_a_long_text_may_stand_in_the_address(process):
    text = "ä " * 20_000
    asked = {"q": text, "source": "de", "target": "en"}
    address = f"{process.address}/translate?{urllib.parse.urlencode(asked)}"
    assert len(address) > 100_000
    with urllib.request.urlopen(address, b"", timeout=60) as answer:
        assert json.load(answer)["translatedText"] == text.upper()


def test_connections_that_are_silent_are_closed(process):
    with connected(process) as silent, connected(process) as again:
        again.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\nG")
        assert silent.recv(1) == b""
        assert again.makefile("rb").read().endswith(b'{"status":"ok"}')


def test_more_connections_than_permitted_are_refused(process):
    with contextlib.ExitStack() as stack:
        for _ in range(12):
            stack.enter_context(connected(process))
        with pytest.raises(urllib.error.HTTPError) as refused:
            translated(process.address, "ja")
    assert (refused.value.code, refused.value.headers["retry-after"]) == (503, "1")
    assert refused.value.headers["access-control-allow-origin"] == "*"
    assert json.load(refused.value).keys() == {"error"}


def test_wrong_requests_get_neither_a_traceback_nor_status_500(process):
    assert fuzz(process.address, 300, seed=0, threads=8) == (300, 0)
    assert translated(process.address, "ja") == "JA"


def test_an_address_that_is_taken_is_one_line():
    with bind("127.0.0.1", 0) as first:
        first.listen()
        port = first.getsockname()[1]
        with pytest.raises(InputError, match=f"cannot listen at 127.0.0.1 port {port}"):
            bind("127.0.0.1", port)
    with pytest.raises(InputError, match="give another --host"):
        bind("no such host", 0)


def test_sigterm_finishes_what_was_accepted(process):
    texts = [f"satz {n}" for n in range(8)]
    with concurrent.futures.ThreadPoolExecutor(len(texts)) as threads:
        found = [threads.submit(translated, process.address, x) for x in texts]
        deadline = time.monotonic() + 60
        while unfinished(process.address) < 5 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        assert [x.result() for x in found] == [text.upper() for text in texts]
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
