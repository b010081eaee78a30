"""The model registry: registered models, and the model packages that are their versions (API reference 3.3, 3.4)."""

from drplan.emulator.resources.registry import packages, registered_models

ROUTES = (*packages.ROUTES, *registered_models.ROUTES)
