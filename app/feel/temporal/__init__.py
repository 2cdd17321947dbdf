"""Dates, times and durations as FEEL knows them."""
