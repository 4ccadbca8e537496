"""Role division and fiscal design of central and local government as one optimisation model.

case = load_case("inputs/japan-2022")
package = load_package(case, "role_division")
result = solve(case, package)
result.tables["governments"]
"""

from optimization import light_pyomo  # noqa: F401  before anything imports scipy
from optimization.case.load import load_case
from optimization.face import load_package
from optimization.outcome.run import solve

__version__ = "0.1.0"
__all__ = ["load_case", "load_package", "solve"]
