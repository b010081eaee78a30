"""The engine: plans made, let through and carried out, without a terminal; the commands and the Python API call it."""
