"""Clients of a server: some ask without pause, some send what is no request."""

import concurrent.futures
import http.client
import itertools
import json
import random
import socket
import time
import urllib.parse
from typing import NamedTuple

JSON = {"Content-Type": "application/json"}

SECONDS_TO_ANSWER = 120
"""A client that has no answer by then counts it as lost."""


class Answers(NamedTuple):
    """What clients counted: answers, those that did not come, those that are wrong."""

    answered: int
    lost: int
    differing: int
    seconds: float


def ask_without_pause(address, pairs, clients, seconds):
    """Clients that send one line each, and the next as soon as it is answered.

    Args:
        address: of the server.
        pairs: list of (JSON of a request, the translation that is expected).
        clients: how many, each with a connection of its own.
        seconds: that they go on.
    """
    numbers, began = itertools.count(), time.perf_counter()

    def client():
        counts = [0, 0, 0]
        connection = _connection(address)
        while time.perf_counter() - began < seconds:
            body, expected = pairs[next(numbers) % len(pairs)]
            try:
                connection.request("POST", "/translate", body, JSON)
                found = json.load(connection.getresponse())
            except (OSError, http.client.HTTPException, ValueError):
                connection.close()  # the next request opens it again
                counts[1] += 1
                continue
            counts[0] += 1
            counts[2] += found.get("translatedText") != expected
        connection.close()
        return counts

    with concurrent.futures.ThreadPoolExecutor(clients) as threads:
        found = [threads.submit(client) for _ in range(clients)]
        totals = map(sum, zip(*(x.result() for x in found), strict=True))
    return Answers(*totals, time.perf_counter() - began)


def _connection(address):
    host = urllib.parse.urlsplit(address).netloc
    return http.client.HTTPConnection(host, timeout=SECONDS_TO_ANSWER)


# === What is no request ===

PIECES = [
    *('"', "{", "}", "[", ":", ",", "=", "&", "%", "\x00", "é", "\ud83d", "--x"),
    *("\r\n", "q", "source", "target", "de", "null", "1e999", "<b>", "\\u", "9" * 99),
]
TYPES = [
    *("application/json", "application/x-www-form-urlencoded", "text/html", "\xff"),
    *("multipart/form-data; boundary=x", "application/json; charset=utf-16"),
]
PATHS = ["/translate", "/detect", "/attention", "/languages", "/../x", "/%ff", "*", ""]
METHODS = ["POST", "POST", "POST", "GET", "PUT", "HEAD", "OPTIONS", "{"]


def fuzz(address, count, seed, threads=16):
    """Sends requests that are wrong in body, head, encoding, size or speed.

    Returns:
        the number of requests, and of answers with a traceback or a status from 500.
    """
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        found = pool.map(lambda n: _fuzzed(address, seed, n), range(count))
        answers = list(found)
    return count, sum(map(_is_wrong, answers))


def _fuzzed(address, seed, number):
    """What the server answers to one of them."""
    draw = random.Random(f"{seed} {number}")
    where = urllib.parse.urlsplit(address)
    sent = _request(draw)
    with socket.create_connection((where.hostname, where.port), timeout=60) as client:
        try:
            if number % 50 == 0:  # a slow sender, and one that leaves
                half = draw.randrange(len(sent))
                client.sendall(sent[:half])
                time.sleep(0.2)
                sent = sent[half:] if draw.random() < 0.5 else b""
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
            return client.makefile("rb").read(1 << 16)
        except OSError:
            return b""


def _request(draw):
    body = "".join(draw.choices(PIECES, k=draw.randrange(40)))
    if draw.random() < 0.3:
        fields = {"q": body, "source": "de", "target": "en"}
        fields[draw.choice([*fields, body])] = draw.choice([body, [body], 9, None, {}])
        body = json.dumps(fields)
    body = body.encode("utf-8", "surrogatepass") * draw.choice([1] * 99 + [20_000])
    length = draw.choice([len(body)] * 9 + [0, -1, len(body) + 1, 10**12, "x"])
    head = (
        f"{draw.choice(METHODS)} {draw.choice(PATHS)} HTTP/1.1\r\nHost: x\r\n"
        f"Content-Type: {draw.choice(TYPES)}\r\nConnection: close\r\n"
    )
    if draw.random() < 0.9:
        head += f"Content-Length: {length}\r\n"
    else:
        head += "Transfer-Encoding: chunked\r\n"
    if draw.random() < 0.05:
        head += f"X: {'y' * draw.choice([9, 9_999, 99_999])}\r\n"
    return head.encode("latin-1") + b"\r\n" + body


def _is_wrong(answer):
    status = answer[9:12]
    return b"Traceback" in answer or (status.isdigit() and int(status) == 500)
