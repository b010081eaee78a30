"""Readings as text, CSV, plots and a page; pure: a record in, text out. Heavy libraries are imported where used."""
