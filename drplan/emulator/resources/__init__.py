"""The platform's objects and their routes: deployments, registry, custom models, datasets, governance, and others.

A new resource is a module here (or in a folder of its own) with ROUTES, and its line in RESOURCES.
"""

from types import ModuleType

from drplan.emulator.resources import (
    custom_models,
    datasets,
    deployments,
    governance,
    organization,
    platform,
    prediction_servers,
    projects,
    registry,
    status,
    use_cases,
)

RESOURCES: tuple[ModuleType, ...] = (
    platform,
    status,
    prediction_servers,
    projects,
    registry,
    deployments,
    governance,
    datasets,
    custom_models,
    use_cases,
    organization,
)
