"""What a training has found, in words and in numbers."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras_sessrec as ksr
from keras_sessrec.evaluation import EvaluationResult
from keras_sessrec.reproduction.report_tables import markdown_table
from keras_sessrec_cli.command import PROGRAM

SHOWN = 3  # test sessions


@dataclass(frozen=True)
class Report:
    """All that a report says.

    Attributes:
        name: str, of the folder.
        folder: str, the folder as it was given, for commands.
        clicks: str, where the clicks are from and which are the test.
        cleaning: str, table of what was left out.
        facts: dict of the logs' sizes, the recipe, epochs and seed.
        epochs: list of dict of loss and metrics, one for each epoch.
        results: dict of name to `EvaluationResult`; the last one is the model's.
        examples: list of triples: ids clicked, the id that came next, ids recommended.
        environment: dict of versions and machine.
    """

    name: str
    folder: str
    clicks: str
    cleaning: str
    facts: dict[str, Any]
    epochs: list[dict[str, float]]
    results: dict[str, EvaluationResult]
    examples: list[tuple[list[Any], Any, list[Any]]]
    environment: dict[str, Any]

    @property
    def k(self) -> int:
        """The cut-off of all figures."""
        return max(self.model.k)

    @property
    def model(self) -> EvaluationResult:
        """What the trained network reaches."""
        return list(self.results.values())[-1]

    def strongest(self) -> str:
        """Name of the baseline with the highest MRR."""
        *baselines, _ = self.results
        return max(baselines, key=lambda name: self.results[name].mrr(self.k))

    def verdict(self) -> str:
        """Whether the network is worth it, in a sentence."""
        found = ksr.compare(self.model, self.results[self.strongest()], k=self.k)
        side = "above" if found.difference > 0 else "below"
        sure = "" if found.p_value < 0.05 else ", perhaps by chance"
        network = list(self.results)[-1]
        return f"{network} is {side} {self.strongest()}, the best of the others{sure}: {found}."

    def data(self) -> dict[str, Any]:
        """All of it, as JSON holds it."""
        metrics = ("recall", "mrr")
        return {
            "clicks": self.clicks,
            **self.facts,
            "results": {
                name: {
                    "metrics": result.metrics(),
                    "intervals": {m: result.confidence_interval(m, self.k) for m in metrics},
                    "cases": result.num_cases,
                }
                for name, result in self.results.items()
            },
            "verdict": self.verdict(),
            "by_epoch": self.epochs,
            "examples": [
                {"clicked": clicked, "next": after, "recommended": shown}
                for clicked, after, shown in self.examples
            ],
            "environment": self.environment,
        }

    def text(self) -> str:
        """All of it in Markdown."""
        logs = [
            [part, *(f"{self.facts[part][key]:,}" for key in ("sessions", "events", "items"))]
            for part in ("train", "test")
        ]
        columns = list(self.epochs[0]) if self.epochs else []
        epochs = [
            [number, *(f"{row[column]:.4f}" for column in columns)]
            for number, row in enumerate(self.epochs, start=1)
        ]
        examples = [
            [" ".join(map(str, clicked)), after, " ".join(map(str, shown))]
            for clicked, after, shown in self.examples
        ]
        environment = [[what, value] for what, value in self.environment.items()]
        folder = shlex.quote(self.folder)
        return f"""# {self.name}

{self.verdict()}

{markdown_table(["", f"Recall@{self.k}", "95%", f"MRR@{self.k}", "95%"], self._lines())}

In %. {self.model.num_cases:,} times the whole catalog was ranked for the next click: Recall says
how often that one was among the first {self.k}, MRR how far up (1 / rank). 95%: how far other
sessions of the same kind would move the figure. {self.model.num_unseen_targets:,} next clicks on
items that training never saw are left out.

## Data

{self.clicks}.

{markdown_table(["", "sessions", "clicks", "items"], logs)}

Left out before, as in the papers:

```
{self.cleaning}
```

## Training

{self.facts["recipe"]}, seed {self.facts["seed"]}. A tenth of the training sessions is kept apart
for the metrics by epoch ("val").

{markdown_table(["epoch", *columns], epochs)}

## The first sessions of the test

{markdown_table(["clicked", "came next", "recommended"], examples)}

## Next

```sh
{PROGRAM} serve {folder}         # a page to try clicks
{PROGRAM} recommend {folder} {shlex.join(map(str, self.examples[0][0]))}
tensorboard --logdir {shlex.quote(f"{self.folder}/logs")}
```

## Made with

{markdown_table(["what", "value"], environment)}
"""

    def _lines(self) -> list[list[str]]:
        lines = []
        for name, result in self.results.items():
            line = [name]
            for metric in ("recall", "mrr"):
                low, high = result.confidence_interval(metric, self.k)
                line.append(f"{100 * getattr(result, metric)(self.k):.2f}")
                line.append(f"{100 * low:.2f} to {100 * high:.2f}")
            lines.append(line)
        return lines


def as_called() -> str:
    """How this command was started, so that what is printed runs as it stands."""
    own = Path(sys.argv[0])
    return str(own) if own.name == PROGRAM else f"{sys.executable} -m keras_sessrec_cli"


def examples(
    model: Any, train: ksr.data.SessionLog, test: ksr.data.SessionLog
) -> list[tuple[list[Any], Any, list[Any]]]:
    """The first sessions of a test: what was clicked, what came next, what is recommended."""
    known, _ = ksr.data.keep_known_items(test, train)
    sessions = [known.session(place).tolist() for place in range(min(SHOWN, known.num_sessions))]
    answers = model.recommend([session[:-1] for session in sessions], k=5)
    return [
        (session[:-1], session[-1], [item for item, _ in answer])
        for session, answer in zip(sessions, answers, strict=True)
    ]
