"""Asterisk at hand: found on the machine or fetched once, configured into a private folder, run as a child of ours."""

from app.cli.telephone.configure import Plan
from app.cli.telephone.obtain import Home, Missing, find, obtain
from app.cli.telephone.server import Telephone, start_asterisk

__all__ = ["Home", "Missing", "Plan", "Telephone", "find", "obtain", "start_asterisk"]
