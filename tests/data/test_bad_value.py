from keras_sessrec.data.bad_value import BadValue


def test_it_carries_row_and_problem():
    error = BadValue(3, "an id was expected.")
    assert (error.row, str(error)) == (3, "an id was expected.")
