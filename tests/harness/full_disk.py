"""All that the package writes, onto a disk without room or into a folder that is closed.

Run as a program: a full disk must neither end the process by a signal nor cost an earlier file.
"""

import contextlib
import hashlib
import json
import pathlib
import resource
import sys

import keras_sessrec as ksr
from keras_sessrec.features.vector_store import VectorStore
from keras_sessrec.reproduction.run_folder import RECORD, RunFolder, write_json
from keras_sessrec.tuning import recipe_tuner

LOG = ksr.data.synthetic_shop(num_items=300, num_sessions=300, seed=1).log
CATALOG = ksr.Catalog.from_log(LOG)


def model(seed):
    made = ksr.models.GRU4Rec(CATALOG, units=[16], seed=seed)
    made.compile(negatives=ksr.samplers.Uniform(4), jit_compile=False)
    made.is_trained = True
    return made


def project(folder, seed):
    callback = ksr.callbacks.Projector(folder / f"run-{seed}")
    callback.set_model(model(seed))
    callback.on_train_begin()
    callback.on_epoch_end(0)
    callback.on_train_end()


def back_up(folder, seed):
    # The second call goes on from where the first has ended.
    callback = ksr.callbacks.BackupAndRestore(folder, delete_checkpoint=False)
    made = model(1)
    data = ksr.batches.session_parallel(LOG, CATALOG, lanes=32)
    made.fit(data, verbose=0, callbacks=[callback], epochs=seed)


def write_row(folder, seed):
    run = RunFolder(folder, {"log": "a"})
    with run.new_row(f"row-{seed}") as path:
        model(seed).save(path / "model.keras")
        write_json(path / RECORD, {"numbers": [seed] * 2000})


def journal(folder, seed):
    space = {"model.hidden_dropout": [0.0, 0.5]}
    recipe = ksr.recipes.get("gru4rec_diginetica_xe_shared").tiny()
    tuner = recipe_tuner.RecipeTuner(recipe, space, folder / "search", "recall_at_20", 2, 1)
    trial = tuner.oracle.create_trial(f"tuner{seed}")
    tuner.oracle.update_trial(trial.trial_id, {"recall_at_20": 0.1})
    tuner.save()


WRITERS = {
    "save": lambda folder, seed: model(seed).save(folder / "a.keras"),
    "save_weights": lambda folder, seed: model(seed).save_weights(folder / "a.weights.h5"),
    "backup": back_up,
    "soft labels": lambda folder, seed: ksr.SoftLabels.write(
        folder / f"labels-{seed}", ksr.baselines.ItemKNN().fit(LOG, CATALOG), LOG, CATALOG
    ),
    "vectors": lambda folder, seed: VectorStore((300, 64), {"s": 1}, folder / f"cache-{seed}"),
    "bare export": lambda folder, seed: model(seed).export(folder / f"bare-{seed}", verbose=0),
    "export": lambda folder, seed: ksr.serving.export(model(seed), folder / "shop", version=seed),
    "run folder": write_row,
    "projector": project,
    "tuning": journal,
}


@contextlib.contextmanager
def without_room(how, folder):
    """Lets no file grow beyond a number of bytes; or closes a folder and all in it."""
    if how != "closed":
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(how), limits[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        return
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    for path in folders:
        path.chmod(0o500)
    try:
        yield
    finally:
        for path in folders:
            path.chmod(0o700)


def contents(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.md5(path.read_bytes()).hexdigest() for path in files}


if __name__ == "__main__":
    root, ways = pathlib.Path(sys.argv[1]), sys.argv[2:]
    answers = []
    for name, write in WRITERS.items():
        folder = root / name
        folder.mkdir()
        write(folder, 1)
        before = contents(folder)
        for how in ways:
            error = None
            try:
                with without_room(how, folder):
                    write(folder, 2)
            except Exception as raised:
                error = raised
            after = contents(folder)
            answer = {
                "what": f"{name}, {how}",
                "kind": type(error).__name__,
                "error": str(error),
                "names it": str(folder) in str(error),
                "lost": [path for path in before if after.get(path) != before[path]],
                "left": [path for path in after if path not in before],
            }
            answers.append(answer)
    print(json.dumps(answers))
