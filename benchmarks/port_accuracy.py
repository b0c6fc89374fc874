"""Accuracy of the authors' PyTorch port on the files and settings of `accuracy.py`.

    python benchmarks/port_accuracy.py --peer CHECKOUT --data DIR --json port_accuracy.json

Trains the port (a checkout that the user gives, left unchanged) on DIR/rsc15_64 with its
`rsc15_xe_shared_100_best` and with constrained BPR-max, on one core, and evaluates it with its own
code: unseen items spliced out, conservative ties. Needs PyTorch.
"""

from __future__ import annotations

import pathlib
import sys
import time
from typing import Any

import numpy as np
import pandas as pd
from machine import describe
from tables import Records, parser, print_table

CUTOFFS = [1, 5, 10, 20]
COMMON = {"layers": [100], "batch_size": 32, "n_sample": 2048, "constrained_embedding": True}
SETTINGS: dict[str, dict[str, Any]] = {
    "cross-entropy": {
        "loss": "cross-entropy",
        "dropout_p_hidden": 0.4,
        "learning_rate": 0.2,
        "momentum": 0.2,
        "sample_alpha": 0.5,
        "logq": 1.0,
    },
    "BPR-max": {
        "loss": "bpr-max",
        "learning_rate": 0.2,
        "momentum": 0.1,
        "sample_alpha": 0.0,
        "bpreg": 0.5,
        "elu_param": 0.5,
    },
}


def load(data: str, quick: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and test clicks, as the port reads them."""
    folder = pathlib.Path(data) / "rsc15_64"
    train, test = (pd.read_parquet(folder / f"{part}.parquet") for part in ("train", "test"))
    if quick:
        train = train[train.SessionId.isin(train.SessionId.unique()[-2_000:])]
    test = test[test.ItemId.isin(train.ItemId.unique())]
    return train, test[test.groupby("SessionId").ItemId.transform("size") > 1]


def run(peer: str, train: pd.DataFrame, test: pd.DataFrame, loss: str, seed: int, epochs: int):
    """One training; the metrics of its own evaluation."""
    sys.path.insert(0, peer)
    import gru4rec_pytorch
    import torch

    import evaluation

    torch.set_num_threads(1)
    # NumPy 2 and pandas 3: a Series is no longer taken for an array.
    tensor = torch.tensor
    gru4rec_pytorch.torch.tensor = lambda data, **kwargs: tensor(
        data.to_numpy() if isinstance(data, pd.Series) else data, **kwargs
    )
    try:
        torch.manual_seed(seed)
        np.random.seed(seed)  # the port draws from the global generator  # noqa: NPY002 (the port's own)
        model = gru4rec_pytorch.GRU4Rec(
            **COMMON, **SETTINGS[loss], n_epochs=epochs, device=torch.device("cpu")
        )
        begin = time.perf_counter()
        model.fit(train.copy(), compatibility_mode=False)
        seconds = time.perf_counter() - begin
        recall, mrr = evaluation.batch_eval(
            model, test, cutoff=CUTOFFS, batch_size=512, mode="conservative"
        )
    finally:
        torch.tensor = tensor
    record = {"model": f"the port, {loss}", "seed": seed, "train seconds": seconds}
    record |= {f"recall@{k}": float(recall[k]) for k in CUTOFFS}
    return record | {"mrr@20": float(mrr[20])}


def main() -> None:
    arguments = parser(__doc__, "2,000 sessions, an epoch, a seed")
    arguments.add_argument("--peer", required=True, help="checkout of the authors' PyTorch port")
    arguments.add_argument("--data", required=True, help="folder with the data sets")
    arguments.add_argument("--losses", nargs="+", default=list(SETTINGS), choices=list(SETTINGS))
    arguments.add_argument("--seeds", nargs="+", type=int, default=[1, 2])
    args = arguments.parse_args()
    seeds, epochs = (args.seeds[:1], 1) if args.quick else (args.seeds, 10)
    print(describe())
    train, test = load(args.data, args.quick)
    records = Records(args.json)
    for loss in args.losses:
        for seed in seeds:
            records.add(run(args.peer, train, test, loss, seed, epochs))
    print_table(records)


if __name__ == "__main__":
    main()
