"""HTTP between a client and the routes."""

from __future__ import annotations

import logging
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from keras_sessrec.serving.dev_server.answers import Answer, RequestError

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 64 * 2**20
_OWN_NAMES = ("localhost", "127.0.0.1", "::1")
_CHUNK_BYTES = 2**16


class RequestHandler(BaseHTTPRequestHandler):
    """Reads a request, sends an answer: JSON whatever happens, a traceback never.

    The server that uses it has a method `answer(method, path, query, body)`.
    """

    protocol_version = "HTTP/1.1"
    server_version = "keras_sessrec-dev-server"
    sys_version = ""
    # An answer is one small packet: it must not wait for the client to confirm the last one.
    disable_nagle_algorithm = True
    # A client that says nothing for so many seconds is let go.
    timeout = 60

    def do_GET(self) -> None:
        """Answers a request, of whatever method."""
        try:
            self._check_host()
            body = self._body()
            url = urlsplit(self.path)
            answer = self.server.answer(self.command, url.path, url.query, body)
        except RequestError as error:
            answer = Answer.of_error(error)
        except (ConnectionError, TimeoutError):
            raise
        except Exception:
            logger.exception("%s %s", self.command, self.path)
            message = "Internal error; the server's log has more."
            answer = Answer.of_error(RequestError(message, "INTERNAL"))
        self._send(answer)

    do_POST = do_HEAD = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET

    def _check_host(self) -> None:
        """Refuses other names for this machine, which a page of another site may have made up.

        Every browser sends the header; a client that does not is no browser.
        """
        given = self.headers.get("Host")
        host = None if given is None else urlsplit(f"//{given}").hostname
        if given is not None and host not in _OWN_NAMES:
            self.close_connection = True
            raise RequestError(
                f"The server answers to {' and '.join(_OWN_NAMES)} only. Received: Host {host!r}.",
                "PERMISSION_DENIED",
            )

    def _body(self) -> bytes:
        """The request's body; the connection ends where its end cannot be told."""
        length = self.headers.get("Content-Length", "0").strip()
        encoding = self.headers.get("Content-Encoding", "identity").strip().lower()
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit()):
            self.close_connection = True
            raise RequestError("The request must have a Content-Length, a whole number.")
        if len(length) > 12 or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            if len(length) <= 12:
                self._discard(min(int(length), 10 * MAX_BODY_BYTES))
            raise RequestError(
                f"The body must be at most {MAX_BODY_BYTES} bytes. Received: {length}. "
                "Send smaller batches."
            )
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise ConnectionError("the client left in the middle of a body")
        if encoding != "identity":
            raise RequestError(f"The body must not be encoded. Received: {encoding!r}.")
        return body

    def _discard(self, length: int) -> None:
        """Reads on, since a client reads the answer only when it has sent everything."""
        while length > 0 and (chunk := self.rfile.read(min(length, _CHUNK_BYTES))):
            length -= len(chunk)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Sends the library's own errors, such as a broken request line, in our form."""
        self.close_connection = True
        reason = message or self.responses.get(code, ("Bad request",))[0]
        self._send(Answer.of_json({"error": f"{reason}."}, int(code)))

    def log_message(self, format: str, *args: object) -> None:
        """Logs a request, where the log is set to show such detail."""
        logger.debug(format, *args)
