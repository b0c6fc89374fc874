"""What scores a catalog: one protocol for models, baselines and one's own."""

import numpy as np

import keras_sessrec as ksr
from harness.scorer import log_of
from keras_sessrec.catalog import Scorer


def test_models_and_fitted_baselines_are_scorers():
    log = log_of([[1, 2, 3], [2, 3]])
    catalog = ksr.Catalog.from_log(log)
    model = ksr.models.GRU4Rec(catalog, units=[3], seed=1)
    baseline = ksr.baselines.MarkovChain()
    assert isinstance(model, Scorer) and not isinstance(baseline, Scorer)
    baseline.fit(log, catalog)
    assert isinstance(baseline, Scorer)
    for scorer in (model, baseline):
        assert np.asarray(scorer.score(np.array([[1, 2]]))).shape == (1, catalog.num_items)
        assert ksr.evaluate(scorer, log, k=1).num_cases == 3
