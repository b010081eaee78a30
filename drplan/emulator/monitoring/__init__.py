"""Monitoring: what the log of predictions and actuals says of a deployment (API reference 2.9, 2.10).

Everything is computed when it is read, by numpy and scipy, which are an optional part of the installation.
"""
