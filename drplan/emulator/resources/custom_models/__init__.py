"""`customModels/` and all that is needed to build, test and run models that clients bring (API reference 3.6, 6)."""

from drplan.emulator.resources.custom_models import builds, deployed, environments, models, testing, versions

ROUTES = tuple(
    route for module in (models, versions, builds, environments, testing, deployed) for route in module.ROUTES
)
