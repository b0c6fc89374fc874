"""Stored float64 runs of parallel networks, followed step by step (tests/golden/prnn/README.md)."""

import pathlib

import keras
import numpy as np
import pytest

import keras_sessrec as ksr
from test_golden import LOSSES, StoredNegatives, assign, load, log_of, read

pytestmark = pytest.mark.golden

RUNS = sorted(pathlib.Path(__file__).parent.glob("golden/prnn/*.npz"))
STRATEGIES = {
    "simultaneous": ksr.training.Simultaneous,
    "alternating": ksr.training.Alternating,
    "residual": ksr.training.Residual,
    "interleaving-previous": ksr.training.Interleaving,
    "interleaving-all": lambda: ksr.training.Interleaving(scores="all"),
}


@pytest.fixture(params=RUNS, ids=lambda path: path.stem)
def run(request):
    return load(request.param)


def test_all_runs_are_there():
    assert len(RUNS) == 16


def catalog_of(run):
    catalog = ksr.Catalog(run["item_vocab"], run["item_counts"])
    if "features_image" in run:
        catalog = catalog.with_features("image", run["features_image"])
    if "features_text_offsets" in run:
        parts = (run[f"features_text_{part}"] for part in ("offsets", "columns", "values"))
        catalog = catalog.with_features("text", ksr.ItemFeatures.sparse(*parts, 12))
    return catalog


def model_of(run, catalog, **compile_arguments):
    config = run["config"]
    subnets = {
        part["name"]: ksr.layers.Subnet(
            ksr.layers.OneHotItem()
            if part["input"] == "id"
            else ksr.layers.FeatureTable(part["name"]),
            units=part["layers"],
        )
        for part in config["subnets"]
    }
    names = list(subnets)
    fusion = config["fusion"]
    if fusion == "shared" and config["output_owner"] is not None:
        fusion = ksr.models.SharedFusion(owner=names[config["output_owner"]])
    weights = {part["name"]: part["weight"] for part in config["subnets"]}
    model = ksr.models.ParallelGRU4Rec(catalog, subnets, fusion, weights)
    arguments = {
        "activation": {
            "linear": None,
            "tanh": "tanh",
            "elu": keras.layers.ELU(config["elu_alpha"] or 1.0),
        }[config["final_act"]]
    }
    if config["loss"] == "bpr-max":
        arguments["regularization"] = config["bpreg"]
    negatives = ksr.samplers.InBatch()
    if config["n_sample"]:
        negatives = StoredNegatives(run["negatives"], alpha=1.0, logq=0.0)
    strategy = config["strategy"]
    stage = {}
    if strategy["name"] == "residual":
        stage["epochs_per_subnet"] = strategy["epochs_per_subnet"]
    model.compile(
        ksr.optimizers.SparseAdagrad(config["learning_rate"], momentum=config["momentum"]),
        LOSSES[config["loss"]](**arguments),
        negatives=negatives,
        strategy=STRATEGIES[strategy["name"]](**stage),
        **compile_arguments,
    )
    for name, slot in slots_of(model, config).items():
        assign(slot, run[f"init_{name}"])
    return model


def slots_of(model, config):
    """Golden name -> list of our variables that hold it, in pieces."""
    slots = {}
    for k, subnet in enumerate(model.network.parallel.values()):
        reader = subnet.representation
        is_one_hot = isinstance(reader, ksr.layers.OneHotItem)
        slots[f"s{k}_In"] = [reader.table if is_one_hot else reader.kernel]
        for layer, cell in enumerate(subnet.cells):
            slots[f"s{k}_U{layer}"] = [cell.candidate_kernel, cell.gate_kernel]
            slots[f"s{k}_b{layer}"] = [cell.bias]
            if layer:
                slots[f"s{k}_W{layer}"] = [subnet.kernels[layer - 1]]
    fusion = model.network.fusion
    scorers = [fusion.scorer] if config["fusion"] == "shared" else fusion.scorers.values()
    for k, scorer in enumerate(scorers):
        slots |= {f"o{k}_Wy": [scorer.table], f"o{k}_By": [scorer.bias]}
    assert set(slots) == set(config["weight_names"])
    return slots


def batches_of(run, catalog):
    config = run["config"]
    return ksr.batches.session_parallel(
        log_of(run, "train"),
        catalog,
        lanes=config["batch_size"],
        min_live_lanes=config["min_live_lanes"],
    )


def check_states(model, run, number):
    """All layers of all subnets, frozen ones too, against those kept after step `number`."""
    config = run["config"]
    step = run["at_steps"][number] % config["steps_per_epoch"]
    live = run["trace_live"][step] if "trace_live" in run else run["trace_inputs"][step] >= 0
    carried = model.carried_states()
    assert list(carried) == [part["name"] for part in config["subnets"]]
    for k, part in enumerate(config["subnets"]):
        for layer, state in enumerate(carried[part["name"]]):
            stored = run[f"at{number}_h{k}_{layer}"]
            np.testing.assert_allclose(state * live[:, None], stored, atol=1e-4)
        assert len(carried[part["name"]]) == len(part["layers"])


class StatesWithin(keras.callbacks.Callback):
    """Looks at weights and carried states in the middle of an epoch, when some subnets rest."""

    def __init__(self, run):
        super().__init__()
        self.run, self.step = run, 0

    def on_train_batch_end(self, batch, logs=None):
        if self.step == self.run["at_steps"][0]:
            check_weights(self.model, self.run, 0)
            check_states(self.model, self.run, 0)
        self.step += 1


def test_training_follows_the_trajectory(run):
    """Losses, weights, optimizer slots, carried states of all subnets, then ranks."""
    within = StatesWithin(run)
    check_trajectory(run, [within], steps_per_execution=1, jit_compile=False)
    assert within.step > run["at_steps"][0]


@pytest.mark.parametrize("name", ["r14"])
def test_xla_follows_the_trajectory(name):
    (path,) = (path for path in RUNS if path.stem.startswith(name))
    check_trajectory(load(path), [], steps_per_execution=3)


@pytest.mark.slow
def test_xla_follows_every_trajectory(run):
    check_trajectory(run, [], steps_per_execution=3)


def check_weights(model, run, number):
    for name, slot in slots_of(model, run["config"]).items():
        stored = run[f"at{number}_{name}"]
        np.testing.assert_allclose(read(slot, stored), stored, atol=1e-4, err_msg=name)


def check_trajectory(run, callbacks, **compile_arguments):
    config, catalog = run["config"], catalog_of(run)
    model = model_of(run, catalog, **compile_arguments)
    data = batches_of(run, catalog)
    history = model.fit(data, epochs=config["n_epochs"], verbose=0, callbacks=callbacks)
    live = np.tile((run["trace_inputs"] >= 0).sum(1), config["n_epochs"]).astype(np.float64)
    sums = (run["loss_step"] * config["batch_size"]).reshape(config["n_epochs"], -1).sum(1)
    means = sums / live.reshape(config["n_epochs"], -1).sum(1)
    np.testing.assert_allclose(history.history["loss"], means, atol=2e-5)
    last = len(run["at_steps"]) - 1
    check_weights(model, run, last)
    for name, slot in slots_of(model, config).items():
        kinds = {"acc": "accumulator"} | ({"vel": "velocity"} if config["momentum"] else {})
        for kind, ours_is in kinds.items():
            ours = [model.optimizer.slots(v)[ours_is] for v in slot]
            stored = run[f"{kind}_{name}"]
            np.testing.assert_allclose(read(ours, stored), stored, atol=1e-4, err_msg=name)
    check_states(model, run, last)
    check_evaluation(model, run)


def check_evaluation(model, run):
    test = log_of(run, "test")
    for ties in ("standard", "conservative"):
        result = ksr.evaluate(model, test, model.catalog, k=(1, 3, 10), ties=ties)
        order = {
            (test.session_ids[s], p): i
            for i, (s, p) in enumerate(zip(result.session, result.position, strict=True))
        }
        ours = [
            order[s, p] for s, p in zip(run["eval_session"], run["eval_position"] + 2, strict=True)
        ]
        np.testing.assert_array_equal(result.rank[ours], run[f"eval_rank_{ties}"])
