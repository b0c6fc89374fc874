"""Which pictures are drawn."""

import pytest

from keras_sessrec.reproduction.plots import write_plots
from keras_sessrec.reproduction.summaries import summarized

pytest.importorskip("matplotlib")


def names_of(folder, records):
    found = write_plots(folder, summarized(records))
    assert {name for name, _ in found} == {path.name for path in folder.glob("*.png")}
    assert all((folder / name).read_bytes()[:4] == b"\x89PNG" for name, _ in found)
    return dict(found)


def test_baselines_alone_are_bars(tmp_path, make_record):
    assert list(names_of(tmp_path, [make_record("POP", 0, 0.1, 0.1, is_baseline=True)])) == [
        "networks.png"
    ]


def test_fractions_and_id_only_networks_bring_their_pictures(tmp_path, make_record):
    records = [make_record(name, 1, 0.5, 0.2) for name in ("prnn_id_100", "net")]
    records.append(make_record("net", 1, 0.4, 0.1, fraction=1 / 4))
    found = names_of(tmp_path, records)
    assert {"fractions.png", "relative.png", "epochs.png"} <= set(found)
    assert "prnn_id_100" in found["relative.png"]


def test_one_epoch_is_no_curve(tmp_path, make_record):
    assert "epochs.png" not in names_of(tmp_path, [make_record("net", 1, 0.5, 0.2, epochs=1)])


def test_no_more_lines_than_can_be_told_apart(tmp_path, make_record):
    records = [make_record(f"net_{n}", 1, 0.5, 0.02 * n) for n in range(8)]
    assert names_of(tmp_path, records)["epochs.png"].endswith("The 6 best networks.")
