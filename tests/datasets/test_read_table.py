import gzip

import pytest

from keras_sessrec.datasets.read_table import read_table


def test_the_wanted_columns_with_their_types(tmp_path):
    path = tmp_path / "views.csv"
    path.write_text('a;b;c\n1;"NA";x\n22;007;"y;z"\n')
    table = read_table(path, {"a": "int64", "b": "str"}, delimiter=";")
    assert table.columns.tolist() == ["a", "b"]
    assert table["a"].tolist() == [1, 22] and table["a"].dtype == "int64"
    assert table["b"].tolist() == ["NA", "007"]


def test_other_columns_may_hold_any_bytes_and_the_file_may_be_packed(tmp_path):
    path = tmp_path / "lines.csv.gz"
    path.write_bytes(gzip.compress(b"code,name\n85123A,\xa3 jar\n"))
    assert read_table(path, {"code": "str"})["code"].tolist() == ["85123A"]


def test_a_missing_column_is_named(tmp_path):
    path = tmp_path / "queries.csv"
    path.write_text("queryId,itemId\n1,2\n")
    with pytest.raises(ValueError, match=r"columns \['sessionId'\] are not there.*'queryId'"):
        read_table(path, {"sessionId": "int64", "itemId": "int64"})


def test_a_value_of_another_type_names_the_file(tmp_path):
    path = tmp_path / "views.csv"
    path.write_text("item\n1\ntea\n")
    with pytest.raises(ValueError, match=r"views.csv` cannot be read: .*tea"):
        read_table(path, {"item": "int64"})
