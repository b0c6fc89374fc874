import numpy as np

from keras_sessrec.data.cleaning_report import CleaningReport, CleaningStep
from keras_sessrec.data.session_log import SessionLog

REPORT = CleaningReport(
    (
        CleaningStep("before", 12_345, 1_000, 50),
        CleaningStep("rare", 12_300, 1_000, 40),
        CleaningStep("short", 11_300, 200, 40),
    )
)


def test_table():
    assert str(REPORT).splitlines() == [
        "step    events  (change)  sessions  (change)  items  (change)",
        "before  12,345               1,000               50",
        "rare    12,300       -45     1,000         0     40       -10",
        "short   11,300    -1,000       200      -800     40         0",
    ]


def test_totals():
    assert (REPORT.dropped_events, REPORT.dropped_sessions) == (1_045, 800)


def test_a_step_counts_the_items_that_occur():
    log = SessionLog.from_arrays(
        np.array([0, 0, 1]),
        np.array([2, 2, 0]),
        np.array([1, 2, 3]),
        np.array([7, 8]),
        np.array(["a", "b", "c", "d"], dtype=object),
    )
    assert CleaningStep.after("x", log) == ("x", 3, 2, 2)
