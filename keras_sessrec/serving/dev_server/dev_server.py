"""The development server."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any, Self

from keras_sessrec.serving.dev_server.answers import RequestError
from keras_sessrec.serving.dev_server.item_table import ItemTable
from keras_sessrec.serving.dev_server.model_versions import ModelVersions
from keras_sessrec.serving.dev_server.request_handler import HttpServer
from keras_sessrec.serving.dev_server.routes import Routes, vocabulary

logger = logging.getLogger(__name__)


class DevServer:
    """Serves a folder of exported versions with TensorFlow Serving's REST routes.

    For development only: it has no access control, does not batch and serves one model, on this
    machine alone unless `host` says otherwise. It answers requests to its own name alone, so
    that a page of another site cannot reach it by a name of that site. What works here works
    unchanged with TensorFlow Serving, by another URL. At `/` is a page to try clicks and watch the
    recommendations.

    Args:
        base_path: str or path, the folder of numbered versions, e.g. "saved_models/gru4rec";
            its name is the model's. New versions are served as they appear.
        port: int, 0 for any free one. Defaults to 8501, as TensorFlow Serving's.
        items: str or path of a CSV or JSON file with the columns id, title, image (a path relative
            to the file), for the page. Defaults to `None`: the export's ids.
        poll_seconds: float, how often the folder is looked at. Defaults to 1.
        host: str, name or IPv4 address to listen on, by which it can then be asked. Defaults to
            "127.0.0.1".

    Attributes:
        url: str, e.g. "http://127.0.0.1:8501".

    Raises:
        OSError: The port is taken.
        ValueError: `base_path` is not a folder of versions, or `items` cannot be read.

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
        host: str = "127.0.0.1",
    ) -> None:
        self._versions = ModelVersions(base_path)
        self._items = None if items is None else ItemTable.from_file(items)
        self._http = HttpServer(host, port, Routes(self._versions, self._items))
        self.url = f"http://{host}:{self._http.server_port}"
        self._poll_seconds = poll_seconds
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._http.serve_forever, args=(0.1,), daemon=True),
            threading.Thread(target=self._poll, daemon=True),
        ]

    def start(self) -> None:
        """Loads the newest version, then answers requests in threads of its own."""
        logger.info("development server: not for production")
        self._versions.poll()
        try:
            self._compare_items(vocabulary(self._versions.get().path))
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
        """Stops listening."""
        self._stopped.set()
        if self._threads[0].is_alive():
            self._http.shutdown()
            for thread in self._threads:
                thread.join()
        self._http.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self.stop()

    def _compare_items(self, known: ItemTable) -> None:
        """Warns of a table of other items than the model's."""
        if self._items is not None and known.ids and self._items.ids.isdisjoint(known.ids):
            logger.warning(
                "No id of `items` is in the model's catalog: they are like %r, the catalog's like "
                "%r. Give the table of the items that the model was trained on.",
                next(iter(self._items.ids), None),
                next(iter(known.ids)),
            )

    def _poll(self) -> None:
        while not self._stopped.wait(self._poll_seconds):
            try:
                self._versions.poll()
            except Exception:  # a look that failed is followed by another
                logger.exception("looking for versions")
