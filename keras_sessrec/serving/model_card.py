"""What is in an export, in words."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import keras
import tensorflow as tf

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.evaluation.result import EvaluationResult
from keras_sessrec.serving.catalog_scorer import NO_SCORE, CatalogScorer
from keras_sessrec.serving.pruned_scorer import SIZE, PrunedScorer
from keras_sessrec.serving.recommend_module import DEFAULT, RecommendModule

_TEXT = """\
# {name}, version {version}

{model} on {items:,} items ({events:,} training events), exported by keras_sessrec with TensorFlow
{tensorflow} and Keras {keras}. {parameters:,} weights are served, the items' vectors as {dtype}.

## Data and split

{data}

## Quality

{quality}

## Search

{search}

## Signatures

Ids are {id_kind}; a session is its clicks, the oldest first. {padding} is padding and may stand
anywhere. Every row should begin with it where a server pads: `pad_variable_length_inputs` repeats
the first element of a request. All inputs have one row per session.

| signature | inputs | outputs |
|---|---|---|
{signatures}

`{default}` may repeat what a session holds, `recommend_unseen` does not. `exclude` holds ids
that are not to be answered: [{padding}] for none. Answers hold {k} places; where fewer items are
left, the last ids are {padding} with score {no_score:g}, which `score` also gives to unknown ids.
Scores are raw: only their order means something. `known` is how many of a session's clicks are on
items of the catalog; where it is 0 the answer is the most popular items, and the scores are their
numbers of training events. `state` starts as {state_size} zeros, or comes from `encode`; `step`
returns the next one.

## Example

Request to `POST /v1/models/{name}:predict`:

```json
{request}
```

Response (the first of {k} places):

```json
{response}
```

## Limits

- Only the {items:,} items of the catalog are read and recommended; unknown ids are skipped.
- The last {max_length} known clicks of a session are read.
- Nothing of a visitor is known or kept: the same request gets the same answer.
- What was popular in training stays popular here: train again as the shop changes.
"""

_EXACT = "Every item is scored."
_PRUNED = """\
Pruned: of {all_groups:,} groups of {size} items the {groups:,} most promising ones are looked at
({share:.1%}), and their best {finalists:,} items are scored with all bits. The best {k} of
an exact search are answered to {agreement:.2%} ({asked:.2%} were asked for), to {unseen:.2%} by
`recommend_unseen`: measured on {sessions:,} held-back sessions that had no part in the choice of
the first number of groups. The table takes {table:,.1f} MB, {part:.0%} of the {float32:,.1f} MB of
an exact search's in float32. Requests that leave too few of these items are answered from all."""
_NO_DATA = "Not stated by whoever exported it."
_NO_QUALITY = "Not stated: `export` was given no `evaluation`."


def write_model_card(
    name: str,
    version: int,
    model: keras.Model,
    module: RecommendModule,
    data: str,
    evaluation: EvaluationResult | None,
) -> str:
    """Describes an export in Markdown.

    Args:
        name: str, the model's name.
        version: int.
        model: What was exported.
        module: `RecommendModule` made of it.
        data: str, what it was trained and tested on; may be empty.
        evaluation: `EvaluationResult` or `None`.

    Returns:
        str.
    """
    catalog: Catalog = model.catalog
    padding = module.vocabulary.padding
    is_text = isinstance(padding, str)
    request, response = _example(catalog, module)
    return _TEXT.format(
        name=name,
        version=version,
        model=type(model).__name__,
        items=catalog.num_items,
        events=int(catalog.counts.sum()),
        tensorflow=tf.__version__,
        keras=keras.__version__,
        parameters=_num_weights(module),
        data=data.strip() or _NO_DATA,
        quality=_quality(evaluation) if evaluation is not None else _NO_QUALITY,
        id_kind="strings" if is_text else "integers",
        padding=f"`{json.dumps(padding)}`",
        search=_search(module.scorer),
        signatures="\n".join(_row(*item) for item in module.signatures.items()),
        default=DEFAULT,
        k=module.scorer.k,
        dtype=module.scorer.dtype,
        no_score=NO_SCORE,
        state_size=module.state_size,
        max_length=module.max_length,
        request=json.dumps(request, ensure_ascii=False),
        response=json.dumps(response, ensure_ascii=False),
    )


def metrics_with_intervals(evaluation: EvaluationResult) -> dict[str, Any]:
    """Metrics of an evaluation, those over sessions with 95 % intervals; for JSON.

    Args:
        evaluation: `EvaluationResult`.

    Returns:
        dict from names such as `"recall_at_20"` to a dict with `value` and, where there is one,
        `interval`.
    """
    metrics: dict[str, dict[str, Any]] = {
        name: {"value": value} for name, value in evaluation.metrics().items()
    }
    for name, entry in metrics.items():
        metric, k = name.split("_at_")
        if metric in ("recall", "mrr", "ndcg"):
            entry["interval"] = list(evaluation.confidence_interval(metric, int(k)))
    return metrics


def _num_weights(module: RecommendModule) -> int:
    count = sum(v.shape.num_elements() for v in module.variables if v.dtype != tf.int32)
    # The last bits of a number are no number of their own.
    return count - (module.scorer.num_fine if isinstance(module.scorer, PrunedScorer) else 0)


def _search(scorer: CatalogScorer | PrunedScorer) -> str:
    if isinstance(scorer, CatalogScorer):
        return _EXACT
    report = scorer.report
    assert report is not None
    return _PRUNED.format(
        groups=scorer.groups_read,
        all_groups=scorer.num_groups,
        size=SIZE,
        share=scorer.groups_read / scorer.num_groups,
        finalists=scorer.finalists,
        k=scorer.k,
        table=report.table_bytes / 1e6,
        float32=report.float32_bytes / 1e6,
        part=report.table_bytes / report.float32_bytes,
        **dataclasses.asdict(report),
    )


def _quality(evaluation: EvaluationResult) -> str:
    lines = [
        "```",
        evaluation.table(),
        "```",
        "",
        "| metric | value | 95 % interval |",
        "|---|---|---|",
    ]
    for name, entry in metrics_with_intervals(evaluation).items():
        interval = " to ".join(f"{bound:.4f}" for bound in entry.get("interval", ())) or "-"
        lines.append(f"| {name} | {entry['value']:.4f} | {interval} |")
    return "\n".join(lines)


def _row(name: str, function: Any) -> str:
    outputs = function.structured_outputs
    inputs = ", ".join(_tensor(spec.name, spec) for spec in function.structured_input_signature[0])
    return f"| `{name}` | {inputs} | {', '.join(_tensor(*item) for item in outputs.items())} |"


def _tensor(name: str, spec: Any) -> str:
    sizes = ", ".join("-" if size is None else str(size) for size in spec.shape)
    return f"`{name}` {spec.dtype.name} [{sizes}]"


def _example(catalog: Catalog, module: RecommendModule) -> tuple[dict, dict]:
    """A request, and the answer to it as it is."""
    padding = module.vocabulary.padding
    session = [padding, *catalog.item_ids[:2].tolist()]
    ids = module.vocabulary.dtype
    answer = module.signatures[DEFAULT](tf.constant([session], ids), tf.constant([[padding]], ids))
    first = {name: answer[name][0, :3].numpy().tolist() for name in ("item_ids", "scores")}
    first["item_ids"] = [i.decode() if isinstance(i, bytes) else i for i in first["item_ids"]]
    first["known"] = int(answer["known"][0])
    request = {"instances": [{"session": session, "exclude": [padding]}]}
    return request, {"predictions": [first]}
