"""Pictures of TensorBoard after the examples' trainings, taken in a headless Chromium.

    python tests/screenshots.py FOLDER

trains `examples/inspect_training.py` and `examples/tune.py` in their tiny form and writes
FOLDER/*.png. With `--inspect logs/inspect_training --tune logs/tune` it shows trainings of yours
instead. Every picture is taken once its content is in the page, else the script fails.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from harness.browser import BINARY, WHY_NOT, Browser
from harness.tensorboard_page import INNER, serve

EXAMPLES = Path(__file__).parents[1] / "examples"
WIDTH, HEIGHT = 1500, 1000
MOST_FRAMES = 200  # pictures taken while WebGL has not drawn yet
NUMBER = r"/\d\.\d{3}/"
TABLE_IS_FILLED = (
    f"((e) => e && {NUMBER}.test(textIn(e.shadowRoot)))(find('tf-hparams-table-view'))"
)


@dataclass(frozen=True)
class Shot:
    """One picture.

    Args:
        name: File name.
        example: Whose logs.
        page: What follows TensorBoard's address.
        ready: JavaScript, true when the content is there.
        click: Selector of what to click on first, or `None`.
        drawn: `None`, or (top, bottom, left, right) of what WebGL draws, which is not in the
            page, and how many pixels in colour it has at least.
    """

    name: str
    example: str
    page: str
    ready: str
    click: str | None = None
    drawn: tuple[tuple[int, int, int, int], int] | None = None


SHOTS = (
    Shot(
        "time_series",
        "inspect_training",
        "?tagFilter=epoch_#timeseries",
        f"[...document.querySelectorAll('scalar-card')].filter("
        f"(c) => {NUMBER}.test(c.innerText)).length >= 3",
        drawn=((225, 440, 390, 750), 10),  # the first chart
    ),
    Shot(
        "projector",
        "inspect_training",
        "#projector",
        "Number(find('.numDataPoints')?.innerText) > 0 && Boolean(find('canvas'))",
        drawn=((160, 900, 340, 1180), 3000),  # axes have colour too, but less
    ),
    Shot("recommendations", "inspect_training", "#text", "find('table')?.rows.length > 5"),
    Shot(
        "hparams",
        "inspect_training",
        "#hparams",
        TABLE_IS_FILLED,
    ),
    Shot("graphs", "inspect_training", "#graphs", "Boolean(find('.nodeshape'))"),
    Shot(
        "tuning_table",
        "tune",
        "#hparams",
        TABLE_IS_FILLED,
    ),
    Shot(
        "tuning_parallel_coordinates",
        "tune",
        "#hparams",
        "find('tf-hparams-parallel-coords-plot')?.shadowRoot.querySelectorAll('path').length > 4",
        click="[view-id=parallel-coords-view]",
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--inspect", type=Path, help="logs of examples/inspect_training.py")
    parser.add_argument("--tune", type=Path, help="logs of examples/tune.py")
    args = parser.parse_args()
    if BINARY is None:
        parser.error(WHY_NOT)
    given = {"inspect_training": args.inspect, "tune": args.tune}
    with tempfile.TemporaryDirectory() as work:
        logs = {name: path or trained(name, Path(work)) for name, path in given.items()}
        for path in take(args.folder, logs):
            print(path)


def trained(example: str, work: Path) -> Path:
    """Runs an example in its tiny form; returns the folder of its logs."""
    logs = work / example
    command = [sys.executable, EXAMPLES / f"{example}.py", "--tiny", "--log-dir", logs]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return logs


def take(folder: Path, logs: dict[str, Path]) -> list[Path]:
    """Takes all pictures.

    Args:
        folder: Where they go.
        logs: Name of an example -> its logs.

    Returns:
        List of the PNG files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    addresses = {example: serve(path) for example, path in logs.items()}
    written = []
    with tempfile.TemporaryDirectory() as profile, Browser(Path(profile)) as browser:
        browser.resize(WIDTH, HEIGHT)
        for shot in SHOTS:
            path = folder / f"{shot.name}.png"
            browser.open(addresses[shot.example] + shot.page)
            browser.evaluate(f"{{{INNER}}}")
            if shot.click:
                browser.wait_until(f"Boolean(find('{shot.click}'))")
                browser.evaluate(f"find('{shot.click}').click()")
            browser.wait_until(shot.ready)
            _take_one(browser, path, shot)
            assert browser.complaints == [], f"{shot.name}: {browser.complaints}"
            written.append(path)
    return written


def _take_one(browser: Browser, path: Path, shot: Shot) -> None:
    """Takes a picture, again and again until everything is drawn."""
    for _ in range(MOST_FRAMES):
        browser.screenshot(path)
        if shot.drawn is None:
            return
        place, least = shot.drawn
        if num_coloured(path, *place) >= least and is_light(path, *place):
            return
    raise AssertionError(f"{shot.name}: nothing is drawn")


def num_coloured(path: Path, top: int, bottom: int, left: int, right: int) -> int:
    """Number of the pixels in a part of a picture that are neither white nor grey."""
    pixels = _pixels(path)[top:bottom, left:right]
    return int((pixels.max(axis=-1) - pixels.min(axis=-1) > 40).sum())


def is_light(path: Path, top: int, bottom: int, left: int, right: int) -> bool:
    """Whether the background is: a page that loads something lies in the shade."""
    return bool(np.median(_pixels(path)[top:bottom, left:right]) > 240)


def _pixels(path: Path) -> np.ndarray:
    return tf.io.decode_png(path.read_bytes(), channels=3).numpy().astype(int)


if __name__ == "__main__":
    main()
