"""Frozen records that every layer reads and none changes; the standard library only."""
