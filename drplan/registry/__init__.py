"""The row types: schema, diff, request bodies, order and docs are functions over rows.

No other module knows the name of a setting.
"""
