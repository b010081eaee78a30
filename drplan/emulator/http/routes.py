"""The table of routes, and the look-up of a path in it.

A resource is a module with ROUTES, a tuple of ("METHOD path/with/{placeholders}/", endpoint) pairs. Paths are below the
API's base and end in a slash; the form without it is served too. Those that begin with `predApi/` are the prediction
servers' and are served below the host instead. A module may say more of its routes:

RAW     those that get their bodies as bytes
BEFORE  what has to be worked out before a route is read
STRUCK  what is noted when a fault answered in a route's place
"""

from collections.abc import Callable, Iterable
from types import ModuleType

from drplan.emulator.core.store import Store
from drplan.emulator.http.call import Answer, Call

Endpoint = Callable[[Call], Answer]
Before = Callable[[Store, float], None]  # store, the time
Struck = Callable[[Store, str, int, float, float, str], None]  # store, id, status, the time, seconds waited, client


class _Node:
    __slots__ = ("children", "endpoints", "names", "template", "variable")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.variable: _Node | None = None
        self.endpoints: dict[str, Endpoint] = {}
        self.names: tuple[str, ...] = ()
        self.template = ""


class Route:
    """What a path leads to: the endpoints by method, the route as the table writes it, the placeholders' values."""

    __slots__ = ("endpoints", "params", "route")

    def __init__(self, node: _Node, values: list[str]) -> None:
        self.endpoints = node.endpoints
        self.route = node.template
        self.params = dict(zip(node.names, values, strict=True))


class Routes:
    """A tree of path segments; a look-up costs one step a segment however many routes there are."""

    def __init__(self, resources: Iterable[ModuleType]) -> None:
        self._root = _Node()
        self.names: set[str] = set()  # "METHOD route", as the request counters write them
        self.raw: set[str] = set()  # those of `names` whose endpoints read the body themselves
        self.before: dict[str, Before] = {}
        self.struck: dict[str, Struck] = {}
        for module in resources:
            self.raw |= set(getattr(module, "RAW", ()))
            self.before |= getattr(module, "BEFORE", {})
            self.struck |= getattr(module, "STRUCK", {})
            for where, endpoint in module.ROUTES:
                method, _, template = where.partition(" ")
                self._add(method, template, endpoint)

    def _add(self, method: str, template: str, endpoint: Endpoint) -> None:
        node, names = self._root, []
        for segment in template.strip("/").split("/"):
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.variable = node.variable or _Node()
                node = node.variable
            else:
                node = node.children.setdefault(segment, _Node())
        if method in node.endpoints:
            raise ValueError(f"two endpoints for {method} {template}")
        node.endpoints[method] = endpoint
        # Methods of one path may name a placeholder differently; the first one is the name of the route.
        node.names = node.names or tuple(names)
        node.template = node.template or template
        self.names.add(f"{method} {node.template}")

    def find(self, path: str) -> Route | None:
        """Give what a path below the base leads to, or None."""
        node, values = self._root, []
        for segment in path.removesuffix("/").split("/"):
            child = node.children.get(segment)
            if child is None:
                if node.variable is None or not segment:
                    return None
                child = node.variable
                values.append(segment)
            node = child
        return Route(node, values) if node.endpoints else None
