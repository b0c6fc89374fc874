import pandas as pd
import pytest

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.features.item_texts import aligned, joined

CATALOG = Catalog([30, 10, 20])


@pytest.mark.parametrize(
    "values",
    [
        {20: "c", "30": "a", 99: "x", "tea": "y"},
        pd.Series(["x", "c", "a"], index=[99, 20, 30]),
    ],
)
@pytest.mark.filterwarnings("ignore:`titles` has no entry")
def test_by_raw_id(values):
    assert aligned(CATALOG, "titles", values) == ["a", None, "c"]


@pytest.mark.parametrize("values", [["a", "b", "c"], ("a", "b", "c"), pd.array(["a", "b", "c"])])
def test_a_list_may_be_in_another_order(values):
    with pytest.raises(TypeError, match=r"`titles` must be a dict from raw id .*another order"):
        aligned(CATALOG, "titles", values)


def test_values_that_do_not_fit_the_catalog():
    with pytest.warns(UserWarning, match="`titles` has no entry for 2 of 3 items"):
        aligned(CATALOG, "titles", {30: "a"})
    with pytest.raises(ValueError, match="`images` must have ids of the catalog, such as 30"):
        aligned(CATALOG, "images", {"tea": "a"})


@pytest.mark.parametrize(
    ("title", "description", "expected"),
    [
        ("Green tea", "From Japan", "Green tea From Japan"),
        ("Green tea", "Green tea from Japan", "Green tea from Japan"),
        ("Green tea ", " GREEN TEA: from Japan", "GREEN TEA: from Japan"),
        ("Tea", "Teapot of iron", "Tea Teapot of iron"),
        ("Tea", "Tea", "Tea"),
        ("Tea", "This tea", "Tea This tea"),
        ("Tea", "", "Tea"),
        ("Tea", None, "Tea"),
        ("", "Tea", "Tea"),
        (float("nan"), "Tea", "Tea"),
        (None, float("nan"), ""),
        (pd.NA, "Tea", "Tea"),
        ("  ", "\n", ""),
        ("ÉTÉ", "été à Paris", "été à Paris"),
    ],
)
def test_a_title_is_not_repeated(title, description, expected):
    assert joined([title], [description], str) == [expected]


def test_texts_that_are_none():
    with pytest.raises(ValueError, match=r"must be strings .*Received: 5 for item 1"):
        joined(["a", 5], [None, None], "item {}".format)
    with pytest.raises(ValueError, match=r"as many as `titles`. Received: 1 and 2"):
        joined(["a", "b"], ["c"], str)
