"""What the taxes and the items of need of a case are called in Japanese: by the headings of the official sheets."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from optimization.errors import InputError
from optimization.reading.table_file import text_table

TIERS = {"municipal": "市町村", "prefectural": "道府県"}
UNIT, IN_FULL = "_thousand_yen", "_in_full"


def tax_name(key: str, case: Path) -> str:
    """A tax (`tier.item`) or an item of need by its heading in the sheet; the key itself where the case has none."""
    return _names(case).get(key) or _names(case).get(key.removesuffix(IN_FULL)) or key


@lru_cache(8)
def _names(case: Path) -> dict[str, str]:
    """Names by key: of the items of revenue with their tier, of those of need without."""
    try:
        items = text_table(case / "items.csv")
    except InputError:
        return {}
    found = {}
    for row in items.itertuples():
        name = str(row.column).removesuffix(UNIT)
        if str(row.table).endswith("_revenue"):
            found[f"{row.tier}.{name}"] = f"{TIERS.get(str(row.tier), row.tier)}：{row.name_ja}"
        elif str(row.table).endswith("_need"):
            found.setdefault(name, str(row.name_ja))
    return found
