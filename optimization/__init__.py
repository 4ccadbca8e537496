"""Role division and fiscal design of central and local government as one optimisation model.

>>> case = load_case("inputs/iwate-2022")
>>> package = load_package(case, "role_division")
>>> result = solve(case, package)
>>> str(result.outcome.status), round(result.outcome.objective)  # million yen a year
('optimal', 772674)
>>> len(result.tables["governments"])
34
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optimization.case.face import load_package
    from optimization.case.load import load_case
    from optimization.outcome.applied import apply
    from optimization.outcome.solve import solve

__version__ = "0.1.0"
__all__ = ["apply", "load_case", "load_package", "solve"]

_HOME = {
    "apply": "optimization.outcome.applied",
    "load_case": "optimization.case.load",
    "load_package": "optimization.case.face",
    "solve": "optimization.outcome.solve",
}


def __getattr__(name: str) -> Any:
    """The library's steps, imported when first used: worker processes need only the solver."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
