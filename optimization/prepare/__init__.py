"""Official workbooks and compiled tables -> the tables of a case; only this room knows ministry formats."""

from __future__ import annotations

from optimization.prepare.allocation_tax import prepare_allocation_tax
from optimization.prepare.case import cut_case
from optimization.prepare.package import write_datapackage
from optimization.prepare.tables import prepare_indicators, prepare_tables

__all__ = ["cut_case", "prepare_allocation_tax", "prepare_indicators", "prepare_tables", "write_datapackage"]
