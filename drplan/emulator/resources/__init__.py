"""The platform's objects and their routes: deployments, registry, custom models, datasets, governance, and others."""
