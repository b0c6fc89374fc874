"""HTTP between a client and the routes."""

from __future__ import annotations

import logging
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any
from urllib.parse import urlsplit

from keras_sessrec.serving.dev_server.answers import Answer, RequestError
from keras_sessrec.serving.dev_server.routes import Routes

logger = logging.getLogger(__name__)

_OWN_NAMES = ("localhost", "127.0.0.1", "[::1]")
_HOST = re.compile(r"(\[[^]]*\]|[^:]*)(:[0-9]*)?")  # a name and a port


class RequestHandler(BaseHTTPRequestHandler):
    """Reads a request, sends an answer; a traceback never."""

    server: HttpServer
    protocol_version = "HTTP/1.1"
    server_version = "keras_sessrec-dev-server"
    sys_version = ""
    # An answer is one small packet: it must not wait for the client to confirm the last one.
    disable_nagle_algorithm = True
    # A client that says nothing for so many seconds is let go.
    timeout = 60

    def do_GET(self) -> None:
        """Answers a request, of either method."""
        try:
            self._check_host()
            body = self._body()
            url = urlsplit(self.path)
            answer = self.server.routes.answer(self.command, url.path, url.query, body)
        except RequestError as error:
            answer = Answer.of_error(error)
        except (ConnectionError, TimeoutError):
            raise
        except Exception:
            logger.exception("%s %s", self.command, self.path)
            message = "Internal error; the server's log has more."
            answer = Answer.of_error(RequestError(message, 500))
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body)

    do_POST = do_GET

    def _check_host(self) -> None:
        """Refuses other names for this machine, which a page of another site may have made up."""
        given = self.headers.get("Host", "")
        name = _HOST.fullmatch(given.lower())
        if name is None or name[1] not in self.server.names:
            self.close_connection = True
            raise RequestError(
                f"The header `Host` must be one of {', '.join(self.server.names)}, with any port. "
                f"Received: {given!r}. `--host` adds a name.",
                403,
            )

    def _body(self) -> bytes:
        """The request's body; the connection ends where its end cannot be told."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not re.fullmatch("[0-9]{1,8}", length):
            self.close_connection = True
            raise RequestError(
                "The request must have a `Content-Length`, a whole number of at most 8 digits. "
                f"Received: {length:.80}. Send smaller batches if it is larger."
            )
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise ConnectionError("the client left in the middle of a body")
        return body

    def log_message(self, format: str, *args: object) -> None:
        """Logs a request, where the log is set to show such detail."""
        logger.debug(format, *args)


class HttpServer(ThreadingHTTPServer):
    """Listens, with one thread per connection.

    Args:
        host: str, name or IPv4 address to listen on.
        port: int, 0 for any free one.
        routes: `Routes`.

    Raises:
        OSError: The port is taken, or the host is not this machine.
    """

    request_queue_size = 128

    def __init__(self, host: str, port: int, routes: Routes) -> None:
        self.routes = routes
        self.names = tuple(dict.fromkeys((*_OWN_NAMES, host.lower())))
        try:
            super().__init__((host, port), RequestHandler)
        except (OSError, OverflowError) as error:
            raise OSError(
                f"Cannot listen at {host}, port {port}: {error}. Choose another `port` or `host`."
            ) from error

    def server_bind(self) -> None:
        # Not the direct parent's: it asks a name server for this machine's name.
        TCPServer.server_bind(self)
        host, self.server_port = self.server_address[:2]
        self.server_name = str(host)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Clients that leave or fall silent are no fault of the server.
        logger.debug("connection lost: %s", sys.exc_info()[1])
