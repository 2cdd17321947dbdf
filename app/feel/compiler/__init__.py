"""Syntax trees to Python closures: each node becomes a function of the run-time frame."""

from app.feel.compiler import calls, collections, names, operators, tests
from app.feel.compiler.scope import Code, Frame, Scope, Unit
from app.feel.compiler.table import compile_node
from app.feel.compiler.tests import INPUT, Test, compile_tests

__all__ = [
    "INPUT",
    "Code",
    "Frame",
    "Scope",
    "Test",
    "Unit",
    "calls",
    "collections",
    "compile_node",
    "compile_tests",
    "names",
    "operators",
    "tests",
]
