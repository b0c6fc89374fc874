"""The report of a run, from what its folder holds."""

from __future__ import annotations

import json
import os
import pathlib
from typing import Any

from keras_sessrec.reproduction import plots
from keras_sessrec.reproduction import report_tables as tables
from keras_sessrec.reproduction.run_folder import RUN, RunFolder, write_text
from keras_sessrec.reproduction.summaries import Summary, summarized


def write_report(folder: str | os.PathLike) -> pathlib.Path:
    """Writes `report.md` and its pictures from the finished rows of a folder.

    Pictures need matplotlib (`pip install "keras_sessrec[viz]"`); without it the report has
    none and says so.

    Args:
        folder: str or path, of a `Reproduction`.

    Returns:
        Path of the report.

    Raises:
        FileNotFoundError: There is no run at `folder`.
        ValueError: No row is finished.
    """
    folder = pathlib.Path(folder)
    if not (folder / RUN).exists():
        raise FileNotFoundError(
            "`folder` must be the folder of a `Reproduction`. "
            f"Received: {folder}, which has no {RUN}."
        )
    run = json.loads((folder / RUN).read_text())
    records = RunFolder(folder, run).records()
    if not records:
        raise ValueError(f"`folder` must have a finished row. Received: {folder}, which has none.")
    rows = summarized(records)
    try:
        pictures = plots.write_plots(folder, rows)
        drawn = "\n\n".join(f"![{caption}]({name})\n\n{caption}" for name, caption in pictures)
    except ImportError as error:
        drawn = f"No pictures: {error}"
    path = folder / "report.md"
    write_text(path, _text(run, records, rows, drawn))
    return path


def _text(
    run: dict[str, Any], records: list[dict[str, Any]], rows: list[Summary], drawn: str
) -> str:
    networks = [record for record in records if record["recipe"] is not None]
    validations = {r["row"]: r["validation"] for r in networks}
    seeds = ", ".join(str(seed) for seed in sorted({r["seed"] for r in networks})) or "none"
    first = records[0]["cases"]
    published = tables.published_table(rows, run["dataset"])
    sections = {
        f"Reproduction on {run['dataset'] or 'unnamed data'}": tables.data_table(run),
        "Published and ours": f"""{published}

In %, means ± standard deviations over seeds. Ours are measured as the figure beside them: unseen
items treated and targets ranked among as many items alike. A difference is given only where data
and training are those of the source too."""
        if published
        else "None of these recipes has a published figure.",
        "All rows": f"""{tables.results_table(rows)}

In %. Every next click is ranked in the whole catalog, ties against the scorer. Test items that
training never saw are spliced out of the sessions ({first["drop"]:,} next clicks are left). "95%":
bootstrap interval over test sessions, its ends averaged over seeds, whose own spread it leaves
out.""",
        "Unseen items as misses": f"""{tables.miss_table(rows, run["dataset"])}

In %, weak to strong. Test items that training never saw count as misses ({first["miss"]:,} next
clicks), as in the tables of session-based graph networks, whose figures stand here if the logs are
theirs.""",
        "Pictures": drawn,
        "How": "\n".join(
            [
                f"Seeds of the networks: {seeds}. Sessions kept apart in training, for early "
                "stopping where the recipe has it and for metrics by epoch:\n",
                *(f"- {name}: {words}" for name, words in validations.items()),
                "\nA fraction is the most recent part of the training sequences; of recipes with "
                "stages that of the last stage. What a recipe starts from is trained on all, its "
                "teacher on the fraction. The catalog is that of the whole training log.",
            ]
        ),
        "Environment": tables.environment_table(records),
        "Recipes": tables.recipe_list(rows) or "None.",
    }
    (title, top), *others = sections.items()
    parts = [f"# {title}\n\n{top}", *(f"## {name}\n\n{text}" for name, text in others)]
    return "\n\n".join(parts) + "\n"
