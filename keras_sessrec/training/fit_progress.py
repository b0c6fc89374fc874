"""Where a `fit` is, and how it goes on in the middle of an epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


class FitProgress:
    """Counts what a `fit` has trained; knows which data comes next after a restart.

    Args:
        size: int, mini-batches in a block.
        steps: int, mini-batches in an epoch, or `None` if unknown.
        length: int, mini-batches in a pass over the data, or `None` if unknown.
        is_stream: bool, whether an epoch goes on in the data where the one before ended
            (`steps_per_epoch`), and does not begin a pass of its own.

    Attributes:
        epoch: int, the running epoch of `fit`, from 0.
        done: int, its mini-batches that are trained.
        data_epoch: int, the pass of the data that the first epoch began with.
        first_epoch: int, the first epoch.
        idle: int, blocks of the running epoch that pass without training: they were trained
            before the restart.
    """

    def __init__(self, size: int, steps: int | None, length: int | None, is_stream: bool) -> None:
        self.size, self.steps, self.length, self.is_stream = size, steps, length, is_stream
        self.epoch = self.done = self.idle = self.data_epoch = self.first_epoch = 0
        self._started = False
        self._done_before = 0

    def go_on_at(self, epoch: int, done: int, first_epoch: int, data_epoch: int) -> None:
        """Says, before the first epoch begins, what was trained before.

        Raises:
            ValueError: Blocks of this size, or data of unknown length, cannot begin there.
        """
        if self.is_stream and self.length is None and epoch > first_epoch:
            raise ValueError(
                "`steps_per_epoch` with data of unknown length goes on in its first epoch only: "
                f"nobody knows where epoch {epoch} begins. Leave `steps_per_epoch` out."
            )
        if not self._seeks and done % self.size and done != self.steps:
            raise ValueError(
                "`steps_per_execution` must be what it was, or divide it, for data whose length is "
                f"unknown and with `steps_per_epoch`: {done} mini-batches are trained. "
                f"Received: blocks of {self.size}."
            )
        self.epoch, self.done, self._done_before = epoch, done, done
        self.first_epoch, self.data_epoch, self._started = first_epoch, data_epoch, True
        if self._seeks and self.steps:
            left = -(-(self.steps - done) // self.size)
            self.idle = -(-self.steps // self.size) - left
        else:
            self.idle = -(-done // self.size)

    def begin_epoch(self, epoch: int, data_epoch: int) -> None:
        """Notes that an epoch begins, and which pass of the data is its, if it begins one."""
        if not self._started:
            self.first_epoch, self.data_epoch, self._started = epoch, data_epoch, True
        if epoch != self.epoch or not self._done_before:
            self.done = self.idle = self._done_before = 0
        self.epoch = epoch

    def data_begins(self) -> tuple[int, int]:
        """Returns the pass of the data that comes first, and how many mini-batches to leave out."""
        passed = (self.epoch - self.first_epoch) * (self.steps or 0) if self.is_stream else 0
        if not self.is_stream:
            return self.data_epoch + self.epoch - self.first_epoch, self._done_before
        if self.length is None:
            return self.data_epoch, passed
        return self.data_epoch + passed // self.length, passed % self.length

    def block_ends(self, block: int) -> int | None:
        """Notes a block, counted from 0 in its epoch.

        Returns:
            int, mini-batches of the epoch that are trained; `None` of an idle block.
        """
        if block < self.idle:
            return None
        seen = self._done_before + (block + 1 - self.idle) * self.size
        self.done = min(seen, self.steps or seen)
        return self.done

    def after_idle(
        self, train: Callable[[Iterator], Any], results: Callable[[], Any]
    ) -> Callable[[Iterator], Any]:
        """Lets a train function rest for the idle blocks of the epoch, and say `results` only."""
        if not self.idle:
            return train
        left = self.idle

        def rest_or_train(iterator: Iterator) -> Any:
            nonlocal left
            if not left:
                return train(iterator)
            left -= 1
            if not self._seeks:
                next(iterator)
            return results()

        return rest_or_train

    @property
    def _seeks(self) -> bool:
        """Whether data can begin with any mini-batch of an epoch."""
        return not self.is_stream and self.steps is not None
