"""The command `python -m keras_sessrec.serving.dev_server`: for development only."""

from __future__ import annotations

import argparse
import contextlib
import logging
import signal
import sys
from collections.abc import Sequence

from keras_sessrec.serving.dev_server.dev_server import DevServer


def main(arguments: Sequence[str] | None = None) -> None:
    """Serves until Ctrl-C or a termination signal.

    Args:
        arguments: The command line's words. Defaults to `None`: those of this process.
    """
    parser = argparse.ArgumentParser(
        prog="python -m keras_sessrec.serving.dev_server",
        description="Serves an exported model with TensorFlow Serving's REST routes and a "
        "what-if page. For development, not for production.",
    )
    parser.add_argument("model", help="folder of the model's numbered versions")
    parser.add_argument("--port", type=int, default=8501, help="0 takes a free one (%(default)s)")
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="name or address to listen on, and to be asked by (%(default)s: this machine only)",
    )
    parser.add_argument(
        "--items",
        metavar="FILE",
        help="titles and pictures for the what-if page: CSV or JSON with id, title, image",
    )
    parser.add_argument("--verbose", action="store_true", help="log every request")
    args = parser.parse_args(arguments)
    level = logging.DEBUG if args.verbose else logging.INFO
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("keras_sessrec").setLevel(level)
    # Deprecations of what TensorFlow Serving itself loads models by.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    # A terminated server says goodbye like an interrupted one.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        server = DevServer(args.model, port=args.port, items=args.items, host=args.host)
    except (OSError, ValueError) as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    with server, contextlib.suppress(KeyboardInterrupt):
        server.wait()


if __name__ == "__main__":
    main()
