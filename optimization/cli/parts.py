"""Optional parts: which library belongs to which extra, said where one is missing."""

from __future__ import annotations

from optimization.errors import InputError, Problem

EXTRAS = {
    "openpyxl": "prepare",
    "xlrd": "prepare",
    "jaconv": "prepare",
    "SALib": "sensitivity",
    "xlsxwriter": "report",
    "docx": "brief",
    "starlette": "web",
    "uvicorn": "web",
    "distributed": "cluster",
    "mpisppy": "stochastic",
    "pyscipopt": "referee",
    "statsmodels": "evidence",
}
"""Extra of the distribution that brings each optional library, by the name under which it is imported."""


def missing_part(error: ModuleNotFoundError) -> InputError:
    """What to install for a library that is not there; raises the error again where it is none of the optional ones."""
    name = (error.name or "").partition(".")[0]
    if name not in EXTRAS:
        raise error
    remedy = f'install it with: pip install "role-division[{EXTRAS[name]}]"'
    return InputError([Problem("command line", f"needs the optional package {name}", remedy)])
