"""The platform's API: the only HTTP of drplan, and what is read through it."""
