"""What was chosen among plans of one cost, and how: for the record of a run and for who tells of it."""

from __future__ import annotations

from dataclasses import dataclass

from optimization.solving.lexicographic import Reached

COST, DISPERSION, CHANGE = "cost", "dispersion", "change_of_law"
"""Names of the aims, in their order."""

UNITS = {
    COST: "million yen per year, of what hangs on the formula",
    DISPERSION: "thousand yen per resident",
    CHANGE: "ratio",
}


@dataclass(frozen=True)
class FormulaChoice:
    """What the aims have come to, in their order; none where the package leaves nothing of the formula open."""

    reached: tuple[Reached, ...] = ()
    kept: bool = True

    @property
    def settled(self) -> bool:
        """Whether dispersion and change of the law were solved in time, so that the formula is the one they choose."""
        return self.kept and all(each.proven for each in self.reached if each.aim.name != COST)

    @property
    def record(self) -> dict[str, object]:
        """The choice for `run.json`: whether the formula is the one that the aims choose, and what each has come to."""
        aims = [
            {
                "aim": each.aim.name,
                "unit": UNITS[each.aim.name],
                "before": each.before,
                "after": each.value,
                "status": str(each.status),
            }
            for each in self.reached
        ]
        return {"settled": self.settled, "aims": aims}
