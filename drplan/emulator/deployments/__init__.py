"""`deployments/` and all that hangs on a deployment."""

from drplan.emulator.deployments import create, lifecycle, listing, replacement, runtime, settings, sharing, tags

ROUTES = tuple(
    route
    for module in (listing, create, lifecycle, settings, replacement, tags, sharing, runtime)
    for route in module.ROUTES
)
