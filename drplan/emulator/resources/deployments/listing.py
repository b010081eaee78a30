"""`GET deployments/`: every filter, search and order of the API reference 2.3, one indexed page at a time.

A first page costs the same however large the fleet is; a later one has to skip what is before it, and a filter to count
what it keeps.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from drplan.emulator.core.clock import iso
from drplan.emulator.http.call import Answer, Call
from drplan.emulator.http.errors import bad_request, forbidden, invalid
from drplan.emulator.http.paging import envelope, window
from drplan.emulator.resources.deployments import document, late
from drplan.emulator.resources.deployments.document import HEALTHS, IMPORTANCES, STATUSES

Clause = tuple[str, list[object]]  # SQL with placeholders, and their values

_PAGE_DEFAULT, _PAGE_MOST = 20, 100
_ORDER_DEFAULT = "-lastPredictionTimestamp"  # traffic between two pages moves deployments from one to the other
_ORDERS = {
    "label": "label",
    "serviceHealth": "service_health",
    "modelHealth": "model_health",
    "accuracyHealth": "accuracy_health",
    "recentPredictions": "recent_predictions",
    "lastPredictionTimestamp": "last_prediction",
    "currentModelDeployedTimestamp": "deployed_at",
    "createdAtTimestamp": "created_at",
    "importance": "importance_rank",
    "fairnessHealth": "fairness_health",
    "customMetricsHealth": "custom_metrics_health",
    "actualsTimelinessHealth": "actuals_timeliness",
    "predictionsTimelinessHealth": "predictions_timeliness",
}


def _in(column: str, values: list[object]) -> Clause:
    return f"{column} IN ({', '.join('?' * len(values))})", values


def _choices(column: str, allowed: tuple[str, ...]) -> Callable[[Call, str], Clause]:
    """Give a filter by one or more of a few values, joined by commas or repeated."""

    def clause(call: Call, name: str) -> Clause:
        values = call.many(name)
        wrong = [value for value in values if value not in allowed]
        if wrong or not values:
            raise invalid({name: f"must be one or more of {', '.join(allowed)}"})
        return _in(column, list(values))

    return clause


def _health(column: str) -> Callable[[Call, str], Clause]:
    def clause(call: Call, name: str) -> Clause:
        _, values = _choices(column, HEALTHS)(call, name)
        return _in(column, [HEALTHS.index(str(value)) for value in values])

    return clause


def _equal(column: str) -> Callable[[Call, str], Clause]:
    return lambda call, name: (f"{column} = ?", [call.one(name)])


def _any(column: str) -> Callable[[Call, str], Clause]:
    return lambda call, name: _in(column, list(call.many(name)))


def _flag(column: str) -> Callable[[Call, str], Clause]:
    return lambda call, name: (f"{column} = ?", [int(call.flag(name) or False)])


def _role(call: Call, name: str) -> Clause:
    if call.one(name) not in {"OWNER", "USER"}:
        raise invalid({name: "must be one of OWNER, USER"})
    return "a.role = ?", [call.one(name)]


def _importance(call: Call, name: str) -> Clause:
    if not call.switches["approvals"]:
        raise forbidden("Filtering by importance needs the approval workflow.")
    return _choices("d.importance", IMPORTANCES)(call, name)


def _search(call: Call, name: str) -> Clause:
    pattern = (call.one(name) or "").replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return "(d.label LIKE ? ESCAPE '\\' OR d.description LIKE ? ESCAPE '\\')", [f"%{pattern}%"] * 2


def _tags(column: str) -> Callable[[Call, str], Clause]:
    def clause(call: Call, name: str) -> Clause:
        if call.switches["tags"] == "nowhere":
            raise invalid({name: f"{name} is not allowed key"})
        inner, values = _in(column, list(call.query[name]))
        return f"d.id IN (SELECT subject FROM tags WHERE {inner})", values  # noqa: S608 - constant names

    return clause


def _environment_tags(column: str) -> Callable[[Call, str], Clause]:
    def clause(call: Call, name: str) -> Clause:
        inner, values = _in(column, list(call.query[name]))
        return f"d.prediction_environment_id IN (SELECT subject FROM tags WHERE {inner})", values  # noqa: S608 - constant names

    return clause


def _time(sign: str) -> Callable[[Call, str], Clause]:
    def clause(call: Call, name: str) -> Clause:
        try:
            moment = datetime.fromisoformat(call.one(name) or "")
        except ValueError:
            raise bad_request(f"{name}: must be a time such as 2024-05-01T10:00:00Z") from None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return f"d.last_prediction {sign} ?", [iso(moment.timestamp())]

    return clause


def _usage(sign: str) -> Callable[[Call, str], Clause]:
    return lambda call, name: (f"d.usage_average {sign} ?", [call.number(name, 0)])


def _mine(call: Call, name: str) -> Clause:
    return f"d.creator_id {'=' if call.flag(name) else '<>'} ?", [call.user["id"]]


_FILTERS: dict[str, Callable[[Call, str], Clause]] = {
    "role": _role,
    "serviceHealth": _health("d.service_health"),
    "modelHealth": _health("d.model_health"),
    "accuracyHealth": _health("d.accuracy_health"),
    "executionEnvironmentType": _choices("d.environment_type", ("datarobot", "external")),
    "importance": _importance,
    "tagKeys": _tags("name"),
    "tagValues": _tags("value"),
    "isA2AAgent": _flag("d.agent"),
    "search": _search,
    "status": _choices("d.status", STATUSES),
    "lastPredictionTimestampStart": _time(">="),
    "lastPredictionTimestampEnd": _time("<"),
    "predictionUsageDailyAvgGreaterThan": _usage(">"),
    "predictionUsageDailyAvgLessThan": _usage("<"),
    "defaultPredictionServerId": _any("d.prediction_server_id"),
    "buildEnvironmentType": _choices(
        "d.build_environment", ("DataRobot", "Python", "R", "Java", "Julia", "Legacy", "Other")
    ),
    "predictionEnvironmentPlatform": _any("d.platform"),
    "hasDecisionFlow": _flag("d.decision_flow"),
    "createdByMe": _mine,
    "createdBy": _equal("d.creator_id"),
    "championModelExecutionType": _choices("d.execution_type", ("custom_inference_model", "external", "dedicated")),
    "championModelTargetType": _any("d.target_type"),
    "predictionEnvironmentTagKeys": _environment_tags("name"),
    "predictionEnvironmentTagValues": _environment_tags("value"),
}
_PAGING = {"orderBy", "offset", "limit"}


def listed(call: Call) -> Answer:
    """Answer one page of the deployments that the user owns or uses; those of a mere consumer are not listed."""
    offset, limit = window(call, _PAGE_DEFAULT, _PAGE_MOST)
    unknown = set(call.query) - _FILTERS.keys() - _PAGING
    if unknown:
        raise invalid({name: f"{name} is not allowed key" for name in sorted(unknown)})
    clauses = [_FILTERS[name](call, name) for name in call.query if name in _FILTERS]
    differs = late.differs(call.store, call.now)
    view = document.shown_in("lists", call.switches, late.VIEW if differs else "d.view")
    total = _total(call, clauses, differs=differs)
    sql, values = _mine_and(call, clauses, differs=differs)
    order = _order(call.one("orderBy"))
    # The inner query walks an index and skips to the page; only the page's own rows are read in full.
    rows = call.store.db.execute(
        f"SELECT {view}, p.role FROM (SELECT a.seq, a.role FROM {sql} ORDER BY {order} LIMIT ? OFFSET ?) p "  # noqa: S608 - constant fragments
        f"JOIN deployments d ON d.seq = p.seq ORDER BY {order}",
        [*([call.now] if differs else []), *values, limit, offset],
    )
    return envelope(call, [document.seen(view, role) for view, role in rows], total, offset, limit)


def _mine_and(call: Call, clauses: list[Clause], *, differs: bool) -> Clause:
    """Give what a list is read from: the user's deployments that fit every filter and that lists show."""
    fits = "".join(f" AND {sql}" for sql, _ in clauses)
    values = [call.user["id"], *(value for _, given in clauses for value in given)]
    # CROSS JOIN makes SQLite walk the index of the filter or of the order, and look access up by its key.
    joined = "deployments d CROSS JOIN access a ON a.seq = d.seq"
    sql = f"{joined} WHERE a.user_id = ? AND a.role <> 'CONSUMER'{fits}{late.LISTED if differs else ''}"
    return sql, [*values, *([call.now] if differs else [])]


def _total(call: Call, clauses: list[Clause], *, differs: bool) -> int:
    if clauses:
        sql, values = _mine_and(call, clauses, differs=differs)
        total: int = call.store.db.execute(f"SELECT count(*) FROM {sql}", values).fetchone()[0]  # noqa: S608 - constant fragments
        return total
    row = call.store.db.execute("SELECT total FROM listed WHERE user_id = ?", (call.user["id"],)).fetchone()
    return 0 if row is None else row[0] - (late.unlisted(call.store, call.user["id"], call.now) if differs else 0)


def _order(given: str | None) -> str:
    """Give the terms to sort by; equals are in the order of creation, or in its reverse for a descending order."""
    given = _ORDER_DEFAULT if given is None else given
    column = _ORDERS.get(given.removeprefix("-"))
    if column is None:
        raise bad_request(f"orderBy: must be one of {', '.join(_ORDERS)}, with - before it for descending, not {given}")
    if given == _ORDER_DEFAULT:
        return f"d.{column} DESC, d.seq"  # most never predicted: in the order of creation too
    way = " DESC" if given.startswith("-") else ""
    return f"d.{column}{way}, d.seq{way}"


ROUTES = (("GET deployments/", listed),)
