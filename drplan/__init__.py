"""Plan and apply DataRobot deployments from YAML; as a library, too.

    import drplan

    fleet = drplan.open("path/to/repository", environment="prod")
    plan = fleet.plan(targets=["deployment.churn-prod"])
    report = fleet.apply(plan)

`drplan.monitor` reads how deployments fare, `drplan.errors` has what can be raised. Each is loaded on its first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from drplan.version import __version__

if TYPE_CHECKING:
    from drplan.engine.repository import Repository
    from drplan.engine.repository import open_repository as open  # noqa: A004  it is only ever written drplan.open
    from drplan.platform.progress import Silent

__all__ = ["Repository", "Silent", "__version__", "open"]

_HOMES = {
    "Repository": ("drplan.engine.repository", "Repository"),
    "Silent": ("drplan.platform.progress", "Silent"),
    "open": ("drplan.engine.repository", "open_repository"),
}


def __getattr__(name: str) -> Any:
    """Return what is named for the first time; its module is loaded now."""
    if name not in _HOMES:
        raise AttributeError(f"module 'drplan' has no attribute '{name}'")
    module, own = _HOMES[name]
    return globals().setdefault(name, getattr(import_module(module), own))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
