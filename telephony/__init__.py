"""Asterisk ARI application: calls, seats, voice menus. Arrives with the telephone issue."""
