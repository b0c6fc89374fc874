"""The development server."""

from __future__ import annotations

import logging
import sys
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any, Self

from keras_sessrec.serving.dev_server.answers import Answer, RequestError
from keras_sessrec.serving.dev_server.item_table import ItemTable
from keras_sessrec.serving.dev_server.model_versions import ModelVersions
from keras_sessrec.serving.dev_server.request_handler import RequestHandler
from keras_sessrec.serving.dev_server.rest_api import RestApi
from keras_sessrec.serving.dev_server.what_if import WhatIf

logger = logging.getLogger(__name__)

_HOST = "127.0.0.1"


class _HttpServer(ThreadingHTTPServer):
    """One thread per connection, on this machine only."""

    request_queue_size = 128

    def __init__(self, port: int, api: RestApi, page: WhatIf) -> None:
        self._api, self._page = api, page
        super().__init__((_HOST, port), RequestHandler)

    def server_bind(self) -> None:
        # Not the direct parent's: it asks a name server for this machine's name.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def answer(self, method: str, path: str, query: str, body: bytes) -> Answer:
        """What `RequestHandler` sends back."""
        answer = self._api.answer("GET" if method == "HEAD" else method, path, body)
        if answer is None and method in ("GET", "HEAD"):
            answer = self._page.answer(path, query)
        if answer is None:
            raise RequestError(f"There is nothing at {method} {path}.", "NOT_FOUND")
        return answer

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Clients that leave or fall silent are no fault of the server.
        logger.debug("connection lost: %s", sys.exc_info()[1])


class DevServer:
    """Serves a folder of exported versions with TensorFlow Serving's REST routes.

    For development only: it listens on this machine alone and answers requests to its name
    alone (a page of another site cannot reach it by a name of its own), has no access control,
    does not batch and serves one model. What works here works unchanged with TensorFlow Serving, by
    another URL. At `/` is a page to try clicks and watch the recommendations.

    Args:
        base_path: str or path, the folder of numbered versions, e.g. "saved_models/gru4rec";
            its name is the model's. New versions are served as they appear.
        port: int, 0 for any free one. Defaults to 8501, as TensorFlow Serving's.
        items: str or path of a CSV or JSON file with the columns id, title, image (a path relative
            to the file), for the page. Defaults to `None`: the export's own, if any.
        poll_seconds: float, how often the folder is looked at. Defaults to 1.

    Attributes:
        url: str, e.g. "http://127.0.0.1:8501".

    Raises:
        OSError: The port is taken, or `items` cannot be read.
        ValueError: `base_path` is not a folder of versions, or `items` is in another format.

    Example:

    >>> import os, urllib.request
    >>> os.makedirs("saved_models/shop")
    >>> with DevServer("saved_models/shop", port=0) as server:
    ...     urllib.request.urlopen(server.url).status
    200
    """

    def __init__(
        self,
        base_path: str | Path,
        port: int = 8501,
        items: str | Path | None = None,
        poll_seconds: float = 1.0,
    ) -> None:
        self._versions = ModelVersions(base_path)
        page = WhatIf(self._versions, None if items is None else ItemTable.from_file(items))
        self._http = _HttpServer(port, RestApi(self._versions), page)
        self.url = f"http://{_HOST}:{self._http.server_port}"
        self._poll_seconds = poll_seconds
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._http.serve_forever, args=(0.1,), daemon=True),
            threading.Thread(target=self._poll, daemon=True),
        ]

    def start(self) -> None:
        """Loads the newest version, then answers requests in threads of its own."""
        logger.info("development server: not for production, this machine only")
        self._versions.poll()
        try:
            with self._versions.borrow():
                pass
        except RequestError as error:
            logger.warning("%s It will be when a version appears.", error.message)
        for thread in self._threads:
            thread.start()
        logger.info("REST at %s/v1/models/%s", self.url, self._versions.name)
        logger.info("what-if page at %s/", self.url)

    def wait(self) -> None:
        """Waits until `stop` is called from another thread."""
        self._stopped.wait()

    def stop(self) -> None:
        """Stops listening, and frees the model when the requests under way are answered."""
        self._stopped.set()
        if self._threads[0].is_alive():
            self._http.shutdown()
            for thread in self._threads:
                thread.join()
        self._http.server_close()
        self._versions.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self.stop()

    def _poll(self) -> None:
        while not self._stopped.wait(self._poll_seconds):
            try:
                self._versions.poll()
            except Exception:  # a look that failed is followed by another
                logger.exception("looking for versions")
