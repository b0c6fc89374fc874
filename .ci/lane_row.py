"""Writes a lane's result into the table of docs/support.md.

`.ci/lane_row.py LANE JUNIT_XML PAGE`, with the interpreter that ran the tests.
"""

import platform
import sys
import xml.etree.ElementTree as ET
from importlib import metadata
from pathlib import Path

# Each by the names of its distributions; nightly builds have others.
SHOWN = {
    "TensorFlow": ("tensorflow", "tf-nightly"),
    "Keras": ("keras", "keras-nightly"),
    "NumPy": ("numpy",),
    "pandas": ("pandas",),
    "PyArrow": ("pyarrow",),
    "SciPy": ("scipy",),
    "Beam": ("apache-beam",),
}


def main() -> None:
    lane, report, page = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    versions = [f"Python {platform.python_version()}"]
    versions += [f"{what} {found}" for what, names in SHOWN.items() if (found := version(*names))]
    page.write_text(with_row(page.read_text(), row(lane, ", ".join(versions), report.read_text())))


def version(*names: str) -> str | None:
    """Of the first distribution that is installed."""
    for name in names:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return None


def row(lane: str, versions: str, junit: str) -> str:
    """A line of the table, from what pytest says in JUnit's form."""
    cases = list(ET.fromstring(junit).iter("testcase"))  # the suite's own numbers hold subtests
    failed = sum(
        case.find("failure") is not None or case.find("error") is not None for case in cases
    )
    skipped = sum(case.find("skipped") is not None for case in cases)
    passed = len(cases) - failed - skipped
    date = next(ET.fromstring(junit).iter("testsuite")).attrib["timestamp"][:10]
    cells = (lane, versions, passed, failed, skipped, date)
    return f"| {' | '.join(map(str, cells))} |"


def with_row(page: str, new: str) -> str:
    """The page with the row in place of the one of the same lane.

    Raises:
        ValueError: The page has no row of this lane.
    """
    lane = new.split(" | ")[0] + " |"
    lines = page.split("\n")
    places = [place for place, line in enumerate(lines) if line.startswith(lane)]
    if len(places) != 1:
        raise ValueError(f"The page must have one row that begins with {lane!r}.")
    lines[places[0]] = new
    return "\n".join(lines)


if __name__ == "__main__":
    main()
