"""Pearson's goodness of fit without tables."""

import numpy as np


def fits(seen, share):
    """Whether counts agree with shares: the statistic is within 5 standard deviations.

    With k cells it has mean k - 1 and variance 2 (k - 1).
    """
    expected = np.asarray(share) * np.sum(seen)
    statistic = np.sum((np.asarray(seen) - expected) ** 2 / expected)
    freedom = len(expected) - 1
    return statistic < freedom + 5 * np.sqrt(2 * freedom)
