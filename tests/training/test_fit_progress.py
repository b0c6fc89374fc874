"""Where a `fit` goes on: by hand."""

import pytest

from keras_sessrec.training.fit_progress import FitProgress


def test_blocks_are_counted_in_mini_batches():
    progress = FitProgress(4, 10, 10, is_stream=False)
    progress.begin_epoch(0, 0)
    assert [progress.block_ends(block) for block in range(3)] == [4, 8, 10]
    progress.begin_epoch(1, 1)
    assert progress.done == 0 and progress.data_begins() == (1, 0)


@pytest.mark.parametrize(
    "size, idle, ends",
    [(4, 1, [None, 8, 10]), (3, 2, [None, None, 7, 10]), (100, 0, [10]), (1, 4, None)],
)
def test_the_rest_of_an_epoch_in_blocks_of_any_size(size, idle, ends):
    progress = FitProgress(size, 10, 10, is_stream=False)
    progress.go_on_at(epoch=3, done=4, first_epoch=0, data_epoch=5)
    progress.begin_epoch(3, 0)
    assert progress.idle == idle
    assert progress.data_begins() == (8, 4), "the fourth pass after pass 5, from mini-batch 4 on"
    if ends:
        assert [progress.block_ends(block) for block in range(len(ends))] == ends
    progress.begin_epoch(4, 0)
    assert progress.idle == progress.done == 0
    assert progress.data_begins() == (9, 0)


def test_a_stream_goes_on_where_the_epochs_before_have_left_it():
    """Epochs of 5 mini-batches over data of 7: epoch 3 begins with mini-batch 15."""
    progress = FitProgress(2, 5, 7, is_stream=True)
    progress.go_on_at(epoch=3, done=2, first_epoch=0, data_epoch=0)
    progress.begin_epoch(3, 0)
    assert progress.data_begins() == (2, 1)
    drawn, blocks = [], iter("ab")
    train = progress.after_idle(lambda blocks: drawn.append(next(blocks)), lambda: "nothing new")
    assert train(blocks) == "nothing new", "what was trained is drawn, and left out"
    train(blocks)
    assert drawn == ["b"]


def test_blocks_of_a_stream_must_fit():
    progress = FitProgress(4, 10, None, is_stream=True)
    progress.go_on_at(epoch=0, done=10, first_epoch=0, data_epoch=0)
    assert progress.idle == 3
    with pytest.raises(ValueError, match=r"`steps_per_execution` must be what it was.*blocks of 4"):
        FitProgress(4, 10, None, is_stream=True).go_on_at(0, 6, 0, 0)


def test_idle_blocks_draw_nothing_where_the_data_begins_later():
    progress = FitProgress(2, 6, 6, is_stream=False)
    progress.go_on_at(epoch=0, done=4, first_epoch=0, data_epoch=0)
    train = progress.after_idle(next, lambda: None)
    assert [train(iter("c")) for _ in range(3)] == [None, None, "c"]


def test_without_a_restart_the_train_function_is_untouched():
    progress = FitProgress(2, 6, 6, is_stream=False)
    progress.begin_epoch(0, 0)
    assert progress.after_idle(next, lambda: None) is next


def test_a_stream_of_unknown_length_goes_on_in_its_first_epoch_only():
    progress = FitProgress(4, 10, None, is_stream=True)
    progress.go_on_at(epoch=0, done=4, first_epoch=0, data_epoch=0)
    with pytest.raises(ValueError, match="nobody knows where epoch 1 begins"):
        FitProgress(4, 10, None, is_stream=True).go_on_at(1, 0, 0, 0)
