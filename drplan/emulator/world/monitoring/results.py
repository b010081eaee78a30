"""`predictionResults/`: the predictions that carried association ids, with their actuals (API reference 2.9).

They are kept only where the settings collect predictions or match actuals. JSON, or CSV where `Accept` asks for it.
"""

import csv
import io
from typing import Any

from drplan.emulator.core.clock import iso
from drplan.emulator.core.store import Json, dump
from drplan.emulator.http.call import Answer, Call
from drplan.emulator.http.paging import envelope, window
from drplan.emulator.world.monitoring.matching import actuals_of, matched
from drplan.emulator.world.monitoring.selection import Selection, selection_of

_PAGE, _MOST = 100, 10_000


def listed(call: Call) -> Answer:
    """Answer one page of prediction results in the order of their times."""
    selection = selection_of(call, one_model=True)
    selection.need_association()
    with_actuals = call.flag("actualsPresent")
    offset, limit = window(call, _PAGE, _MOST)
    found = matched(selection, selection.model)
    scorer = selection.training(selection.model).scorer
    places = [
        place
        for place, association in enumerate(found.rows.ids)
        if association is not None and with_actuals in {None, bool(found.known[place])}
    ]
    actuals = actuals_of(selection.store, selection.doc["id"])
    items: list[Json] = []
    for place in places[offset : offset + limit]:
        row = [float(value) for value in found.rows.predictions[place]]
        association = found.rows.ids[place]
        values = row if scorer.width > 1 or not scorer.labels else [row[0], 1 - row[0]]
        labels = scorer.labels or (scorer.target,)
        items.append(
            {
                "associationId": association,
                "timestamp": iso(float(found.rows.at[place])),
                "modelId": selection.model,
                "prediction": scorer.label(row) if scorer.labels else row[0],
                "predictionValues": [
                    {"label": label, "value": value} for label, value in zip(labels, values, strict=True)
                ],
                "actual": actuals[association] if found.known[place] else None,
                "forecastDistance": None,
            }
        )
    if "text/csv" in call.header("accept"):
        return _csv(selection, items)
    more = {"associationIdColumnNames": selection.settings["associationId"]["columnNames"]}
    return envelope(call, [dump(item) for item in items], len(places), offset, limit, more)


def _csv(selection: Selection, items: list[Json]) -> Answer:
    scorer = selection.training(selection.model).scorer
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = selection.settings["associationId"]["columnNames"]
    labels = [f"{scorer.target}_{label}_PREDICTION" for label in scorer.labels]
    writer.writerow([names[0], "timestamp", "modelId", f"{scorer.target}_PREDICTION", *labels, "actual"])
    for item in items:
        line: list[Any] = [item["associationId"], item["timestamp"], item["modelId"], item["prediction"]]
        line += [each["value"] for each in item["predictionValues"]] if scorer.labels else []
        writer.writerow([*line, item["actual"]])
    return Answer(200, text.getvalue(), content_type=b"text/csv; charset=utf-8")
