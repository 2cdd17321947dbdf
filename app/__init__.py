"""Citydesk."""
