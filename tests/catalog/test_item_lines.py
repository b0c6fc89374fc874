"""Raw ids, one a line."""

import pytest

import keras_sessrec as ksr
from keras_sessrec.catalog.item_lines import write_item_lines


@pytest.mark.parametrize("ids", [["tea", "Käse", "a,b", " 🍵 "], [12, 7, 300]])
def test_line_i_is_item_i(tmp_path, ids):
    write_item_lines(ksr.Catalog(ids), tmp_path / "items.txt")
    text = (tmp_path / "items.txt").read_bytes().decode("utf-8")
    assert text.split("\n") == [*map(str, ids), ""]


@pytest.mark.parametrize("bad", ["a\nb", "a\r"])
def test_a_line_break_is_refused_and_the_file_stays(tmp_path, bad):
    path = tmp_path / "items.txt"
    path.write_text("as it was")
    with pytest.raises(ValueError, match=r"no id with a line break.*Received: 'a\\"):
        write_item_lines(ksr.Catalog(["tea", bad]), path)
    assert path.read_text() == "as it was"
