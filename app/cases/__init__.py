"""Registrations, cases, work orders and what is known about them."""
