import pyarrow as pa
import pytest

from keras_sessrec.data.click_columns import ClickColumns

DEFAULTS = ("session_id", "item_id", "timestamp", "s")


def test_default_names():
    names = ["x", "timestamp", "item_id", "session_id"]
    assert ClickColumns(*DEFAULTS).find(names, "log") == ["session_id", "item_id", "timestamp"]


def test_public_names_stand_in_one_by_one():
    found = ClickColumns(*DEFAULTS).find(["SessionId", "item_id", "ItemId", "Time"], "log")
    assert found == ["SessionId", "item_id", "Time"]


def test_other_names_must_be_given():
    columns = ClickColumns("visitor", "sku", "when", "s")
    assert columns.find(["sku", "when", "visitor"], "log") == ["visitor", "sku", "when"]
    with pytest.raises(ValueError, match=r"log: column `sku` is not there.*`item_column=`"):
        columns.find(["visitor", "ItemId", "when"], "log")


def test_a_name_that_is_there_twice_is_an_error():
    with pytest.raises(ValueError, match="column `item_id` is more than once there"):
        ClickColumns(*DEFAULTS).find(["session_id", "item_id", "item_id", "timestamp"], "log")


def test_pieces_make_one_log():
    columns = ClickColumns(*DEFAULTS)
    for session, item, time in [(1, "b", 5), (2, "a", 3), (1, "a", 4)]:
        piece = pa.RecordBatch.from_pydict({"s": [session], "i": [item], "t": [time]})
        columns.append(piece, str)
    log = columns.to_log("log")
    assert log.session_ids.tolist() == [2, 1]
    assert log.item_ids[log.item_codes].tolist() == ["a", "a", "b"]
    assert log.timestamps.tolist() == [3, 4, 5]


def test_a_bad_value_is_named_by_place_and_column():
    piece = pa.RecordBatch.from_pydict({"s": [1, 1], "sku": ["a", None], "t": [1, 2]})
    with pytest.raises(ValueError, match=r"^log, row 101, column `sku`: an id was expected"):
        ClickColumns(*DEFAULTS).append(piece, lambda row: f"log, row {100 + row}")


def test_no_rows():
    with pytest.raises(ValueError, match="log: at least one event was expected"):
        ClickColumns(*DEFAULTS).to_log("log")
