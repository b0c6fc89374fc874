"""Arguments in, exit code out."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import logging
import re
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from keras_sessrec_cli.quiet import without_notes

PROGRAM = "keras-sessrec"
DESCRIPTION = """Recommendations from a file of clicks: trains a network, measures it beside simple
methods, and serves it."""
EXAMPLES = """\
example: one row per click, with the columns session_id, item_id and timestamp
  keras-sessrec train clicks.csv --output shop
  keras-sessrec recommend shop 214536502 214536500
  keras-sessrec serve shop

example: new items, with the titles of all, join the export; nothing is trained
  keras-sessrec extend shop items.csv

example: visitors instead of sessions, other columns, times in milliseconds
  keras-sessrec train visits.csv --output shop --session visitorid --pause 1800 \\
      --item itemid --time timestamp --time-unit ms

Exit codes: 0 done, 1 failed, 2 command or data not usable; the message says what to change.
"""
TRAIN = """Looks at the clicks and says what it sees, trains on all but the last days, tests on
these, once, beside methods that need no training, and writes into the output folder:

  report.md, report.json   how good it is, in words and in numbers
  model.keras              the trained model, for Keras
  export/1                 the same for TensorFlow Serving and for `keras-sessrec serve`
  logs                     the curves, for TensorBoard

After a kill the same command goes on where it was."""
# What messages of the library call arguments, as this command has them.
ARGUMENTS = {
    r"`(session|item|time)_column=?`": r"`--\1`",
    r"`time_unit='(\w+)'`": r"`--time-unit \1`",
    r"`time_unit`": "`--time-unit`",
    r"`days`": "`--test-days`",
    r"`folder`": "`--output`",
    r"`base_path`": "`FOLDER`",
    r"`items`: ": "`--items`: ",
    r"`port` or `host`": "`--port` or `--host`",
    r"`name`": "`--recipe`",
    r"`preset`": "`FOLDER`",
    r"`split_last_sessions`": "`--time-unit order`",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command.

    Args:
        argv: Its words. Defaults to `None`: those of this process.

    Returns:
        int: 0, 1 where something failed, 2 where command or data are not usable, 130 after Ctrl-C.

    Raises:
        SystemExit: As argparse: 0 after `--help`, 2 where the words make no command; 143 where a
            training was terminated and has left a snapshot.
    """
    args = _parser().parse_args(argv)
    with warnings.catch_warnings(), _log_as_notes(args.command != "serve"):
        warnings.showwarning = _tell  # type: ignore[assignment]
        try:
            with without_notes():
                module = importlib.import_module(f"keras_sessrec_cli.{args.module}")
            getattr(module, args.command)(args)
            return 0
        except KeyboardInterrupt as stopped:
            _say(str(stopped) or "stopped")
            return 130
        except Exception as error:
            if args.debug:
                traceback.print_exc()
            _say(f"error: {in_our_words(str(error) or type(error).__name__)}")
            given = (ValueError, TypeError, FileNotFoundError, NotADirectoryError, FileExistsError)
            return 2 if isinstance(error, given) else 1


def in_our_words(message: str) -> str:
    """A message of the library with this command's options in place of its arguments."""
    for pattern, option in ARGUMENTS.items():
        message = re.sub(pattern, option, message)
    return message


class _Notes(logging.Handler):
    """Prints what the library logs as this command's notes."""

    def emit(self, record: logging.LogRecord) -> None:
        """Prints a record."""
        _say(f"note: {in_our_words(record.getMessage())}")


@contextlib.contextmanager
def _log_as_notes(wanted: bool) -> Iterator[None]:
    """Prints the library's warnings as notes; `serve` shows its log as it is."""
    logger = logging.getLogger("keras_sessrec")
    notes, before = _Notes(logging.WARNING), logger.propagate
    if wanted:
        logger.addHandler(notes)
        logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(notes)
        logger.propagate = before


def _say(text: str) -> None:
    print(f"{PROGRAM}: {text}", file=sys.stderr)


def _tell(message: Warning | str, *where: Any, **more: Any) -> None:
    _say(f"note: {in_our_words(str(message))}")


def _parser() -> argparse.ArgumentParser:
    shape: dict[str, Any] = {
        "formatter_class": lambda prog: argparse.RawDescriptionHelpFormatter(prog, width=100)
    }
    parser = argparse.ArgumentParser(PROGRAM, description=DESCRIPTION, epilog=EXAMPLES, **shape)
    commands = parser.add_subparsers(required=True, dest="command", metavar="COMMAND")

    train = commands.add_parser(
        "train", help="clicks in, model and report out", description=TRAIN, epilog=EXAMPLES, **shape
    )
    train.set_defaults(module="train")
    _add_clicks(train)
    train.add_argument("--output", required=True, metavar="FOLDER", help="where all of it goes")
    train.add_argument("--recipe", metavar="NAME", help="of `ksr.recipes.list()`, see the docs")
    train.add_argument("--epochs", type=_positive, help="at most (20, or the recipe's)")
    train.add_argument("--seed", type=int, default=1, help="of all chance (%(default)s)")

    evaluate = commands.add_parser(
        "evaluate",
        help="measure a trained model on other clicks",
        description="Asks a trained model after every click for the next one, of all items, and "
        "says how often and how far up the right one was. The clicks must be none of the training.",
    )
    evaluate.set_defaults(module="use")
    _add_model(evaluate)
    _add_clicks(evaluate)
    evaluate.add_argument("--json", metavar="FILE", help="write the numbers there, too")

    recommend = commands.add_parser(
        "recommend",
        help="what a trained model shows after some clicks",
        description="Prints the best items for a session, best first: place, id, score.",
    )
    recommend.set_defaults(module="use")
    _add_model(recommend)
    recommend.add_argument("items", nargs="+", metavar="ITEM", help="ids clicked, in order")
    recommend.add_argument("-k", type=_positive, default=10, help="how many (%(default)s)")
    recommend.add_argument("--exclude-seen", action="store_true", help="not what was clicked")

    serve = commands.add_parser(
        "serve",
        help="a development server with a page to try clicks",
        description="Serves an export with TensorFlow Serving's REST routes and a what-if page. "
        "For development; in production TensorFlow Serving takes the same folder.",
    )
    serve.set_defaults(module="use")
    _add_model(serve)
    serve.add_argument("--port", type=int, default=8501, help="0 takes a free one (%(default)s)")
    serve.add_argument("--host", default="127.0.0.1", help="(%(default)s: this machine only)")
    serve.add_argument(
        "--items", metavar="FILE", help="titles and pictures: CSV or JSON with id, title, image"
    )

    extend = commands.add_parser(
        "extend",
        help="new items join the export, by their titles, without training",
        description="Reads titles of trained and new items, predicts what the model would know of "
        "the new ones, and writes the next version of the export; `model.keras` stays as it was "
        "trained, so the file has all items that are new since. Needs scikit-learn.",
    )
    extend.set_defaults(module="extend")
    _add_model(extend)
    extend.add_argument("items", metavar="ITEMS", help="CSV, TSV or Parquet with id and title")
    extend.add_argument("--id", metavar="COLUMN", default="id", help="of ids (%(default)s)")
    extend.add_argument("--title", metavar="COLUMN", default="title", help="(%(default)s)")
    extend.add_argument(
        "--share",
        type=float,
        help="of the first 20 places that new items are to get, above 0 and below 1; their share "
        "of the catalog, 0.1 at most",
    )
    for command in commands.choices.values():
        command.add_argument("--debug", action="store_true", help="show where an error comes from")
    return parser


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="FOLDER", help="what `train` has written")


def _add_clicks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "clicks", nargs="+", metavar="CLICKS", help="files: CSV, TSV, Parquet, packed too; a folder"
    )
    clicks = parser.add_argument_group("the clicks")
    clicks.add_argument("--session", metavar="COLUMN", help="of sessions or visitors")
    clicks.add_argument("--item", metavar="COLUMN", help="of items")
    clicks.add_argument("--time", metavar="COLUMN", help="of times: numbers or ISO 8601")
    clicks.add_argument(
        "--time-unit",
        choices=["s", "ms", "us", "ns", "order"],
        help="of times that are numbers; order: they only say what came first",
    )
    clicks.add_argument(
        "--pause",
        type=_positive,
        metavar="SECONDS",
        help="a longer one begins a new session; 1800 where the column is of visitors",
    )
    clicks.add_argument(
        "--test-days",
        type=float,
        metavar="DAYS",
        help="the last ones are the test (train: 1, or a tenth of the sessions where times only "
        "order the clicks; evaluate: all)",
    )


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"a positive whole number was expected, not {text!r}")
    return int(text)
