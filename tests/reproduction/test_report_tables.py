"""Tables of a report."""

import pytest

from keras_sessrec.reproduction.report_tables import (
    environment_table,
    markdown_table,
    miss_table,
    published_table,
    recipe_list,
    results_table,
)
from keras_sessrec.reproduction.summaries import summarized


@pytest.fixture
def rows(make_record):
    return summarized(
        [
            make_record("POP", 0, 0.1, 0.05, is_baseline=True),
            make_record("net", 1, 0.62, 0.31),
            make_record("net", 2, 0.64, 0.31),
        ]
    )


def line_of(table, start):
    return next(line for line in table.splitlines() if line.startswith(f"| {start} "))


def test_cells_do_not_break_a_table():
    assert markdown_table(["a"], [["b|c"]]).splitlines()[-1] == r"| b\|c |"


def test_published_ours_and_difference(rows):
    line = line_of(published_table(rows, "shop"), "net")
    assert "| drop | all items | 50.00 | 63.00 ± 1.41 | +13.00 (beyond 0.5) |" in line
    assert "other data (shop)" in published_table(rows, "else")
    assert published_table(rows[:1], "shop") == ""


def test_results(rows):
    table = results_table(rows)
    assert "63.00 ± 1.41" in line_of(table, "net")
    assert line_of(table, "net").endswith("| 10.00 to 20.00 | 1.00 to 2.00 | 2/2 | 12 | 1,234 |")
    assert line_of(table, "POP").endswith("| - | 12 | - |")


def test_published_networks_stand_beside_on_a_known_cut_only(rows):
    table = miss_table(rows, "rsc15_64")
    names = [line.split(" | ")[0].strip("| *") for line in table.splitlines()[2:]]
    assert names[0] == "POP"
    assert names[1] == "net", "31.5 is the weakest of the others"
    assert names[-1] == "SR-GNN"
    assert "| *SR-GNN* | 70.57 | 30.94 | Wu et al., AAAI 2019, table 2 |" in table
    assert "SR-GNN" not in miss_table(rows, "shop")


def test_environments_of_all_rows(rows):
    records = [record for row in rows for record in row.records]
    assert "| command | seed 0; seed 1; seed 2 |" in environment_table(records)
    assert "| python | 3.x |" in environment_table(records)


def test_recipes_as_data(rows):
    text = recipe_list(rows)
    assert '"Popularity"' in text
    assert "Somebody" not in text
    assert text.count("<summary>") == 1
