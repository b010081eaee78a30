"""The benchmarks themselves; each takes a bench and returns a result.

Every target is the one that drplan promises; each is printed as met or missed. What must be *exact* (request counts,
modules loaded) is compared exactly; what is a time is printed with the ratio that takes the machine out of it.
"""

import json
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from itertools import pairwise
from random import Random
from statistics import median
from typing import Any

from bench import HERE, Bench, Contestants, Tree
from fleet import write_world
from measure import Rounds, measure
from report import Result, routes
from served import Served

HEAVY = ("httpx", "jsonschema", "deepdiff", "yaml", "rich", "starlette")
MEMORY = 200  # MB
PAGE = 100  # deployments on a list page
LISTS, ITEM = "GET deployments/", "deployments/{id}/"
READS = (f"GET {ITEM}settings/", f"GET {ITEM}model/secondaryDatasetConfiguration/")
_LOADED = "import sys; from drplan.cli import run; run(['--help']); print('\\n' + ' '.join(sys.modules))"


def startup(bench: Bench) -> Result:
    """Time to the help text, beside an empty Python and one that imports click, and the modules it loads."""
    result = Result("startup", "`drplan --help`")
    contestants: Contestants = {tree.name: partial(bench.drplan, tree, "--help") for tree in bench.trees}
    for code in ("pass", "import click"):
        contestants[f"python -c {code}"] = partial(measure, [sys.executable, "-c", code], bench.environment, bench.work)
    if bench.terraform:
        contestants["terraform"] = partial(bench.terraformed, bench.work, "version")
    rounds = Rounds().play(contestants, bench.scale.starts)
    result.rows += rounds.rows()
    _compare(result, bench, rounds, "wall")
    result.remarks.append("the peak of `python -c pass` is this program's own; smaller ones cannot be seen")
    loaded = measure([sys.executable, "-c", _LOADED], bench.main.environment, bench.work).output.rpartition("\n\n")[2]
    found = sorted(set(HEAVY) & set(loaded.split()))
    ratio = rounds.ratio(bench.main.name, "python -c import click", "wall")
    result.at_most(2.0, "at most twice `import click` (wall)", ratio)
    result.exactly([], f"it loads none of {', '.join(HEAVY)}", found)
    return result


def validate(bench: Bench) -> Result:
    """Parse and check a fleet, one file a deployment, offline."""
    count = bench.scale.fleet
    result = Result("validate", f"`drplan validate`, {count:,} files")
    specs = bench.specs(count)
    contestants: Contestants = {
        tree.name: partial(bench.drplan, tree, "-C", str(specs), "validate") for tree in bench.trees
    }
    if bench.terraform:
        directory = bench.initialised(count, "validate")
        contestants["terraform"] = partial(bench.terraformed, directory, "validate")
    rounds = Rounds().play(contestants, 2 * bench.scale.rounds - 1)
    result.rows += rounds.rows()
    _compare(result, bench, rounds, "wall", "cpu")
    result.at_most(1.0, f"{count:,} files in at most 1 s (wall)", rounds.median(bench.main.name, "wall"), " s")
    _memory(result, bench, rounds)
    return result


def apply(bench: Bench) -> Result:
    """Create a fleet on an empty platform, in steps of growth; what apply adds is its cost less that of the plan."""
    scale = bench.scale
    result = Result("apply", f"`drplan apply --auto-approve`, {', '.join(map(str, scale.growth))} creations")
    rounds = Rounds()
    actions: dict[int, int] = {}
    with ExitStack() as stack:
        seed = write_world(bench.work / "empty.yaml")
        served = {tree.name: stack.enter_context(bench.serve(tree, seed)) for tree in bench.trees}
        for _ in range(scale.rounds):
            for count in scale.growth:
                specs = bench.specs(count)
                for tree in bench.trees:
                    on = served[tree.name]
                    on.reset()
                    run = partial(bench.counted, tree, on, specs)
                    if count not in actions:
                        actions[count] = _writes(run("plan", "--format", "json").output)
                    rounds.play({f"{tree.name} plan {count}": partial(run, "plan")}, 1)
                    rounds.play({f"{tree.name} apply {count}": partial(run, "apply", "--auto-approve")}, 1)
    if bench.terraform:
        for count in scale.growth:
            rounds.play({f"terraform apply {count}": partial(bench.apply_terraform, count)}, 1)
    result.rows += rounds.rows()
    for tree in bench.trees:
        _per_action(result, bench, rounds, actions, tree)
    least, most = scale.growth[0], scale.growth[-1]
    if bench.terraform:
        growth = rounds.median(f"terraform apply {most}", "cpu") / rounds.median(f"terraform apply {least}", "cpu")
        result.remarks.append(f"terraform: {most / least:g} times the resources cost {growth:.1f} times the CPU")
    requests = rounds.costs[f"{bench.main.name} apply {most}"][-1].requests
    result.remarks.append(routes(requests))
    sent = [requests.get(route, 0) for route in ("POST deployments/fromModelPackage/", f"PATCH {ITEM}settings/")]
    result.exactly([most, most], "one POST and one settings PATCH a creation", sent)
    _memory(result, bench, rounds)
    return result


def saved(bench: Bench) -> Result:
    """Apply a saved plan that creates a fleet beside as many deployments of another project, which it reads again."""
    scale = bench.scale
    result = Result("saved", f"`drplan apply PLANFILE`, {', '.join(map(str, scale.growth))} creations beside as many")
    rounds = Rounds()
    actions: dict[int, int] = {}
    for count in scale.growth:
        seed = write_world(bench.work / f"others-{count}.yaml", count, project="others")
        for tree in bench.trees:
            with bench.serve(tree, seed) as served:
                for _ in range(scale.rounds):
                    served.reset()
                    file = bench.work / "plan.json"
                    run = partial(bench.counted, tree, served, bench.unapplied(count))
                    plan_out = partial(run, "plan", "--out", str(file))
                    rounds.play({f"{tree.name} plan --out, {count}": plan_out}, 1)
                    actions[count] = _writes(file.read_text())
                    saved_apply = partial(run, "apply", "--auto-approve", str(file))
                    rounds.play({f"{tree.name} apply FILE, {count}": saved_apply}, 1)
    result.rows += rounds.rows()
    for tree in bench.trees:
        each = {n: rounds.median(f"{tree.name} apply FILE, {n}", "cpu") for n in scale.growth}
        shown = ", ".join(f"{cpu * 1000 / actions[count]:.2f} at {count}" for count, cpu in each.items())
        result.remarks.append(f"{tree.name}: ms of CPU an action: {shown}")
        _linear(result, tree, each, actions, judged=tree is bench.main)
    _memory(result, bench, rounds)
    return result


def plan(bench: Bench) -> Result:
    """Plan a fleet that is as its specs say, all five settings groups, without and with latency."""
    scale = bench.scale
    count = scale.fleet
    result = Result("plan", f"`drplan plan`, {count:,} unchanged deployments with all five settings groups")
    specs = bench.specs(count)
    slow = f"at {scale.latency * 1000:g} ms"
    rounds = Rounds()
    with ExitStack() as stack:
        seed = write_world(bench.work / "fleet.yaml", count)
        contestants: Contestants = {}
        delayed: Contestants = {}
        for tree in bench.trees:
            quick = stack.enter_context(bench.serve(tree, seed))
            latent = stack.enter_context(bench.serve(tree, seed, latency_ms=scale.latency * 1000))
            # 0, not 2, is the exit code only when there is nothing to change
            arguments = (specs, "plan", "--detailed-exitcode")
            contestants[tree.name] = partial(bench.counted, tree, quick, *arguments)
            delayed[f"{tree.name} {slow}"] = partial(bench.counted, tree, latent, *arguments)
        if bench.terraform:
            directory = bench.applied(count)
            contestants["terraform"] = partial(bench.terraformed, directory, "plan", "-detailed-exitcode")
        rounds.play({**contestants, **delayed}, scale.rounds)
        bare, pause = _bare(bench, latent, rounds.costs[bench.main.name][-1].total)
    result.rows += rounds.rows()
    _compare(result, bench, rounds, "wall", "cpu")
    main, late = bench.main.name, f"{bench.main.name} {slow}"
    cost = rounds.costs[main][-1]
    result.remarks.append(routes(cost.requests))
    pages = -(-count // PAGE)
    counts = [cost.requests.get(route, 0) for route in (LISTS, *READS)]
    result.exactly([pages, count, count], f"a list page per {PAGE} and a read per settings endpoint", counts)
    result.exactly(cost.total, "as many requests with latency", rounds.costs[late][-1].total)
    result.at_most(1.5, "at most 1.5 s of its own CPU", rounds.median(main, "cpu"), " s")
    ideal = cost.total * scale.latency / scale.parallelism
    result.remarks.append(
        f"{cost.total} calls x {scale.latency:g} s / {scale.parallelism} at once = {ideal:.2f} s; "
        f"a client that does nothing else needs {bare:.2f} s, as the emulator's answers take {pause:.1f} ms"
    )
    ratio = rounds.median(late, "wall") / ideal
    result.at_most(1.15, f"{slow} within 15 % of calls x latency / parallelism", ratio, " of it")
    _memory(result, bench, rounds)
    return result


def emulator(bench: Bench) -> Result:
    """Throughput and latency of the served emulator, few deployments against a crowd, in turns."""
    scale = bench.scale
    result = Result("emulator", f"served, {scale.few:,} against {scale.crowd:,} deployments; {scale.asked:,} requests")
    sizes = (scale.few, scale.crowd)
    with ExitStack() as stack:
        worlds: dict[int, Served] = {}
        for size in sizes:
            seed = write_world(bench.work / f"world-{size}.yaml", size)
            worlds[size] = stack.enter_context(bench.serve(bench.main, seed))
        result.remarks.append(f"a world of {scale.crowd:,} is loaded in {worlds[scale.crowd].started:.1f} s")
        kinds = {size: _kinds(served, scale.few) for size, served in worlds.items()}
        seen: dict[tuple[str, int], list[dict[str, float]]] = {}
        for _ in range(scale.rounds):
            for kind, connections, part in _LOADS:
                for size in sizes:
                    asked = max(scale.asked // part, 1)
                    figures = _load(bench, worlds[size], kinds[size][kind], connections, asked)
                    seen.setdefault((kind, size), []).append(figures)
    for kind, connections, _ in _LOADS:
        for size in sizes:
            figures = {name: median(each[name] for each in seen[kind, size]) for name in seen[kind, size][0]}
            result.figures[f"{kind} of {size}"] = figures
            result.remarks.append(
                f"{kind:<14} of {size:>6,}: {figures['rate']:>6.0f}/s, p50 {figures['p50']:.2f} ms, "
                f"p99 {figures['p99']:.2f} ms with {connections} at once; {figures['cpu']:.3f} ms of its CPU each"
            )
    rate = result.figures[f"settings of {scale.crowd}"]["rate"]
    result.at_least(1000, f"at least 1,000 settings reads a second at {scale.crowd:,}", rate, "/s")
    for kind, _, _ in _LOADS:
        pairs = zip(seen[kind, scale.crowd], seen[kind, scale.few], strict=True)
        ratio = median(crowd["cpu"] / max(few["cpu"], 1e-9) for crowd, few in pairs)
        result.at_most(1.25, f"{kind}: CPU a request at {scale.crowd:,} to that at {scale.few:,}", ratio)
    failed = sum(each["failed"] for figures in seen.values() for each in figures)
    result.exactly(0, "failed requests", failed)
    return result


CASES: dict[str, Callable[[Bench], Result]] = {
    case.__name__: case for case in (startup, validate, apply, saved, plan, emulator)
}

# -------------------------------------------------------------------------------------------------------------- pieces

_LOADS = (("settings", 8, 1), ("settings alone", 1, 4), ("item", 8, 1), ("first page", 4, 4), ("last page", 4, 4))


def _kinds(served: Served, page: int) -> dict[str, list[str]]:
    """Return the paths of each kind of read, in an order that is random and always the same."""
    ids: list[str] = []
    total = 1
    while len(ids) < total:
        answer = served.ask("GET", f"/api/v2/deployments/?limit={PAGE}&offset={len(ids)}")
        ids += [item["id"] for item in answer["data"]]
        total = answer["totalCount"]
    Random(2).shuffle(ids)
    settings = [f"/api/v2/deployments/{each}/settings/" for each in ids]
    return {
        "settings": settings,
        "settings alone": settings,
        "item": [f"/api/v2/deployments/{each}/" for each in ids],
        "first page": [f"/api/v2/deployments/?limit={page}"],
        "last page": [f"/api/v2/deployments/?limit={page}&offset={total - page}"],
    }


def _bare(bench: Bench, served: Served, calls: int) -> tuple[float, float]:
    """Return the seconds that as many calls take a client without any work of its own, and the median latency in ms."""
    paths = _kinds(served, 1)["settings"]
    figures = _load(bench, served, paths, bench.scale.parallelism, max(calls // 4, 1))
    return figures["seconds"] * 4, figures["p50"]


def _load(bench: Bench, served: Served, paths: list[str], connections: int, count: int) -> dict[str, float]:
    before = served.cpu()
    file = bench.work / "paths"
    file.write_text("\n".join(paths))
    command = [sys.executable, str(HERE / "load.py"), served.host, str(connections), str(count), str(file)]
    figures: dict[str, float] = json.loads(measure(command, bench.environment, bench.work).output)
    cpu = (served.cpu() - before) * 1000 / count
    return {**figures, "rate": count / figures["seconds"], "cpu": cpu}


def _writes(output: str) -> int:
    actions: list[dict[str, Any]] = json.loads(output)["plan"]["actions"]
    return sum(action["verb"] != "validate" for action in actions)


def _per_action(result: Result, bench: Bench, rounds: Rounds, actions: dict[int, int], tree: Tree) -> None:
    adds: dict[int, float] = {}
    apply_cpu = {count: rounds.median(f"{tree.name} apply {count}", "cpu") for count in actions}
    for count, number in actions.items():
        pairs = zip(rounds.costs[f"{tree.name} apply {count}"], rounds.costs[f"{tree.name} plan {count}"], strict=True)
        both = [(whole.cpu, whole.cpu - plan.cpu, whole.total) for whole, plan in pairs]
        whole, adds[count] = (median(each[index] for each in both) * 1000 / number for index in (0, 1))
        result.remarks.append(
            f"{tree.name}, {number} actions: apply adds {adds[count]:.2f} ms of CPU an action "
            f"({whole:.2f} with the plan), {both[-1][2] / number:.2f} requests an action"
        )
        result.figures[f"{tree.name} ms an action at {count}"] = adds[count]
    if tree is bench.main:
        most = max(adds)
        result.at_most(3, f"apply of {most} adds at most 3 ms of CPU an action", adds[most], " ms")
    _linear(result, tree, apply_cpu, actions, judged=tree is bench.main)


def _linear(result: Result, tree: Tree, cpu: Mapping[int, float], actions: Mapping[int, int], *, judged: bool) -> None:
    """Compare what a further action costs at the end of the growth with what it costs at its beginning."""
    counts = sorted(cpu)
    steps = [(cpu[b] - cpu[a]) * 1000 / (actions[b] - actions[a]) for a, b in pairwise(counts)]
    shown = ", ".join(f"{step:.2f} up to {count}" for step, count in zip(steps, counts[1:], strict=True))
    result.remarks.append(f"{tree.name}: ms of CPU for a further action: {shown}")
    if judged:
        result.at_most(
            1.3, "linear: a further action at the end to one at the beginning", steps[-1] / max(steps[0], 1e-6)
        )


def _compare(result: Result, bench: Bench, rounds: Rounds, *costs: str) -> None:
    for other in (*(tree.name for tree in bench.trees[1:]), "python -c pass", "terraform"):
        if other in rounds.costs:
            ratios = ", ".join(f"{rounds.ratio(bench.main.name, other, cost):.2f} x its {cost}" for cost in costs)
            result.remarks.append(f"{bench.main.name} against {other}: {ratios}")


def _memory(result: Result, bench: Bench, rounds: Rounds) -> None:
    peak = max(
        cost.memory
        for name, costs in rounds.costs.items()
        if name == bench.main.name or name.startswith(f"{bench.main.name} ")
        for cost in costs
    )
    result.at_most(MEMORY, f"peak memory at most {MEMORY} MB", peak, " MB")
