"""The server process: its socket, its log, and how it ends."""

import contextlib
import signal
import socket

import h11
import uvicorn
from starlette.responses import JSONResponse
from uvicorn.protocols.http.h11_impl import H11Protocol

from keras_nmt.errors import InputError
from keras_nmt.serving.refusals import ANY_ORIGIN

CONNECTIONS = 800
"""Most open connections; systems often permit a process 1,024 files."""

HEADER_SECONDS = 10
"""A connection that has sent no whole request head by then is closed."""

LONGEST_HEAD = 1 << 18
"""Most bytes of a request's head; some clients send the text in the address."""

BUSY = JSONResponse(
    {"error": "too many connections; try again later"},
    503,
    headers={"Retry-After": "1", "Connection": "close", **ANY_ORIGIN},
)
NO_HTTP = (
    b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n"
    b"content-type: application/json\r\naccess-control-allow-origin: *\r\n\r\n"
    b'{"error":"this is no HTTP request, or its head is too long"}'
)


def serve(app, bound, seconds, announce=print):
    """Serves until SIGTERM or Ctrl-C, then finishes what was accepted.

    Args:
        app: ASGI application.
        bound: socket that `bind` made.
        seconds: most that a request may take, also at the end.
        announce: is called with the address once the server listens.
    """
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="on",
        log_level="error",  # warnings tell what clients do wrong
        access_log=False,
        server_header=False,
        h11_max_incomplete_event_size=LONGEST_HEAD,
        timeout_graceful_shutdown=int(seconds) + HEADER_SECONDS,
    )
    bound.listen()  # from now on clients may connect
    host, port, *_ = bound.getsockname()
    announce(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
    _Server(config).run([bound])


def bind(host, port):
    """A socket at an address, so that none else can take it while systems are loaded.

    Args:
        host: name or address.
        port: 0 takes any free one.

    Raises:
        InputError: the address is taken, or not one of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with contextlib.ExitStack() as until_it_is_bound:
            bound = socket.socket(family, kind, protocol)
            until_it_is_bound.callback(bound.close)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            until_it_is_bound.pop_all()
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"cannot listen at {host} port {port}: {reason}; give another --host or "
            "--port"
        ) from None
    return bound


class _Server(uvicorn.Server):
    """Ends with exit code 0 after SIGTERM; uvicorn itself would end by the signal."""

    @contextlib.contextmanager
    def capture_signals(self):
        stops = signal.SIGINT, signal.SIGTERM
        kept = [signal.signal(stop, self.handle_exit) for stop in stops]
        try:
            yield
        finally:
            for stop, handler in zip(stops, kept, strict=True):
                signal.signal(stop, handler)


class _Protocol(H11Protocol):
    """Bounds connections in number and in silence; answers errors of HTTP as JSON."""

    _deadline = None

    def connection_made(self, transport):
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS:
            self.app = BUSY
        self._wait_for_head()

    def connection_lost(self, exc):
        self._deadline.cancel()
        super().connection_lost(exc)

    def on_response_complete(self):
        super().on_response_complete()
        self._wait_for_head()

    def send_400_response(self, msg):
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.write(NO_HTTP)
        if self.cycle:  # its body is what is wrong; it shall answer nothing
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    def _wait_for_head(self):
        """Closes the connection if the head of a request does not arrive in time."""
        if self._deadline:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(HEADER_SECONDS, self._close_if_silent)

    def _close_if_silent(self):
        # `cycle` is the request in progress, or the last one.
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
