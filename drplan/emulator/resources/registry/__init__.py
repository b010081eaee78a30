"""The model registry: registered models, and the model packages that are their versions (API reference 3.3, 3.4)."""
