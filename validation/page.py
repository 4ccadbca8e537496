"""The page on validation: the words of `page.md`, every other figure taken from a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template

import pandas as pd

from optimization.case.face import DEFAULT_CASE
from optimization.outcome.saving_range import rank_correlation
from validation import bodies
from validation.influence import numbers_of_case
from validation.width import BEFORE, NOW

REFERENCE = {
    ("municipal", "revenue per head"): 0.118,
    ("municipal", "revenue and allocation per head"): 0.156,
    ("municipal", "revenue over need"): 0.165,
    ("municipal", "revenue and allocation over need"): 0.010,
    ("prefectural", "revenue per head"): 0.090,
    ("prefectural", "revenue and allocation per head"): 0.158,
    ("prefectural", "revenue over need"): 0.195,
    ("prefectural", "revenue and allocation over need"): 0.016,
}
"""Ginis of the same year from an analysis of the same workbooks that was made before the tool and apart from it."""

PLACES = {"03": "Iwate", "04": "Miyagi", "27": "Osaka"}
"""Prefectures for which the influence of the parameters is reckoned."""

STRENGTH_YEAR = 2020
"""Year of the published index that the page tells of in words."""

Tables = Mapping[str, pd.DataFrame]


def page(tables: Tables) -> str:
    """The page in Markdown."""
    words = Template(Path(__file__).with_name("page.md").read_text(encoding="utf-8"))
    figures: dict[str, str] = {}
    for section in (
        _official,
        _strength,
        _inequality,
        _curves,
        _sizes,
        _joint,
        _parameters,
        _evidence,
        _width,
    ):
        figures |= section(tables)
    return words.substitute(figures)


def _evidence(tables: Tables) -> dict[str, str]:
    """Outcomes within their intervals, and sharing foretold for prefectures that no fit has seen (docs/evidence/)."""
    folder = Path(__file__).parents[1] / "docs" / "evidence"
    estimates = pd.read_csv(folder / "estimates.csv")
    told = estimates.dropna(subset=["coverage"]).drop_duplicates("purpose")
    own = estimates.query("specification == 'a_fixed' and effect == 'own_size'")["value"]
    ratio = tables["spending_beside_need"].query("tier == 'municipality'")[
        "spent_from_general_funds_over_needed_ratio"
    ]
    names = ["phi", "phi_size_only", "people_foretold_ratio", "people_observed_ratio"]
    shared = pd.read_csv(folder / "sharing.csv").groupby("function", sort=False)[names].mean()
    rows = [
        [row.purpose.replace("_", " "), percent(row.held_out_error, 0), percent(row.coverage)]
        for row in told.itertuples()
    ]
    cells = [
        [str(row.Index).replace("_", " "), f"{row.phi:.2f}", f"{row.phi_size_only:.2f}",
         percent(row.people_foretold_ratio, 0), percent(row.people_observed_ratio, 0)]
        for row in shared.itertuples()
    ]  # fmt: skip
    heads = ["function", "phi", "phi by size alone", "people served jointly, foretold", "observed"]
    phis = {
        f"phi_{function}{end}": f"{shared.at[function, name]:.2f}"
        for function in ("fire", "waste", "tax")
        for end, name in (("", "phi"), ("_size", "phi_size_only"))
    }
    return {
        **phis,
        "norm_least": f"{ratio.min():.2f}",
        "norm_most": f"{ratio.max():.1f}",
        "own_least": percent(own.min(), 0),
        "own_most": percent(own.max(), 0),
        "cover_least": percent(told["coverage"].min(), 0),
        "cover_most": percent(told["coverage"].max(), 0),
        "coverage": markdown(["purpose", "median error", "within their 90% interval"], rows),
        "foretold_sharing": markdown(heads, cells),
        "modelled_sharing": markdown(bodies.HEADS, list(bodies.modelled_and_observed())),
    }


def _width(tables: Tables) -> dict[str, str]:
    """The range of a plan's saving before and after the estimates (docs/evidence/width.csv)."""
    table = pd.read_csv(Path(__file__).parents[1] / "docs" / "evidence" / "width.csv")
    said = {BEFORE: "assumed numbers", NOW: "estimated numbers"}
    rows = [
        [
            f"`{row.package}` of {row.municipalities:,} municipalities, decided on {said[row.plan]}",
            said[row.ranges],
            *(f"{getattr(row, f'{end}_million_yen') / 1e3:+,.1f}" for end in ("low", "middle", "high")),
            f"{row.width_million_yen / 1e3:,.1f}",
            percent(row.saves_ratio, 0),
        ]
        for row in table.itertuples()
    ]
    heads = ["plan", "ranges of the", "low", "middle", "high", "width", "draws in which it saves"]
    first = table.drop_duplicates(["plan", "ranges"]).set_index(["plan", "ranges"])
    wide = first["width_million_yen"]
    change = {plan: wide[plan, NOW] / wide[plan, BEFORE] - 1.0 for plan in said}
    return {
        "width": markdown(heads, rows),
        "width_draws": str(int(table["draws"].iloc[0])),
        "width_words": (
            f"For the plan that the former numbers led to the width changes by {100 * change[BEFORE]:+.1f}%, for "
            f"the one of today by {100 * change[NOW]:+.1f}%. What a run tells, each plan with the numbers it was "
            f"decided on, went from {wide[BEFORE, BEFORE] / 1e3:,.0f} to {wide[NOW, NOW] / 1e3:,.0f} billion yen: "
            "less because numbers are known better than because the plan no longer does what they do not bear out."
        ),
    }


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; columns after the first are figures."""
    lines = [heads, ["---", *("---:" for _ in heads[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def percent(value: float, digits: int = 1) -> str:
    """A share as per cent."""
    return f"{100 * value:.{digits}f}%"


def _official(tables: Tables) -> dict[str, str]:
    rows = [
        [
            f"{row.fiscal_year} {row.tier}",
            f"{row.governments:,}",
            f"{row.need_billion_yen:,.1f}",
            f"{row.revenue_billion_yen:,.1f}",
            f"{row.formula_billion_yen:,.1f}",
            f"{row.paid_billion_yen:,.1f}",
            f"{row.to_a_thousand_yen:,} of {row.governments - row.not_receiving:,}",
            f"{row.to_one_percent:,}",
            percent(row.left_over_ratio, 2),
            f"{row.largest_error_million_yen:,.0f} ({row.largest_error_at})",
        ]
        for row in tables["formula"].itertuples()
    ]
    heads = [
        "year, tier", "governments", "need", "revenue", "by the formula", "paid", "to a thousand yen", "to 1%",
        "left over", "largest error, million yen (where)",
    ]  # fmt: skip
    return {"official": markdown(heads, rows)}


def _strength(tables: Tables) -> dict[str, str]:
    every = tables["strength_index"]
    rows = []
    for year, part in every.groupby("fiscal_year"):
        away = (part["mean"] - part["published"]).abs()
        near = [percent((away <= limit + 1e-9).mean()) for limit in (0.005, 0.01, 0.02)]
        rows.append([str(year), f"{part['years'].iloc[0]}", f"{len(part):,}", *near, f"{away.median():.4f}"])
    heads = [
        "index of",
        "years at hand",
        "governments",
        "within 0.005",
        "within 0.01",
        "within 0.02",
        "median",
    ]
    table = every[every["fiscal_year"] == STRENGTH_YEAR]
    off = (table["mean"] - table["published"]).abs()
    within = {
        name: (off <= limit + 1e-9).mean() for name, limit in (("005", 0.005), ("01", 0.01), ("02", 0.02))
    }
    return {
        "strength": markdown(heads, rows),
        **{f"strength_{name}": percent(share) for name, share in within.items()},
        "strength_count": f"{len(table):,}",
        "strength_median": f"{off.median():.4f}",
        "strength_largest": f"{off.max():.3f}",
        "strength_where": str(table.loc[off.idxmax(), "government"]),
    }


def _inequality(tables: Tables) -> dict[str, str]:
    ginis = [
        [f"{row.tier}: {row.measure}", f"{row.gini:.3f}", f"{REFERENCE[row.tier, row.measure]:.3f}"]
        for row in tables["dispersion"].itertuples()
    ]
    pool = [[row.line, f"{row.billion_yen:,.1f}"] for row in tables["pool"].itertuples()]
    return {
        "ginis": markdown(["measure", "here", "there"], ginis),
        "pool": markdown(["2022", "billion yen"], pool),
    }


def _curves(tables: Tables) -> dict[str, str]:
    table = tables["held_out"]
    shares = [name for name in table.columns if name not in ("service", "municipalities")]
    rows = [
        [row["service"], f"{row['municipalities']:,}", *(percent(row[name]) for name in shares)]
        for _, row in table.iterrows()
    ]
    heads = [
        "service",
        "municipalities",
        "in sample",
        "held out",
        "signed, held out",
        "total of a prefecture",
    ]
    worst = table.nlargest(3, "mean_abs_error_of_prefecture_total")["service"].tolist()
    return {"held_out": markdown(heads, rows), "held_out_worst": _listed(worst)}


def _sizes(tables: Tables) -> dict[str, str]:
    table, spending = tables["small_and_large"], tables["small_and_large_spending"]
    gap = (
        table["foretold_without_designated_ratio"] / table["observed_without_designated_ratio"] - 1.0
    ).abs()
    heads = ["service", "need", "foretold", "need, no designated cities", "foretold, none"]
    return {
        "sizes": markdown(heads, _ratios(table)),
        "sizes_near": str(int((gap <= 0.1).sum())),
        "sizes_count": str(len(table)),
        "sizes_far": _listed(table.loc[gap > 0.25, "service"].tolist()),
        "spending": markdown(["purpose", "spent", "need", "foretold"], _ratios(spending)),
        "beside_need": _beside_need(tables["spending_beside_need"]),
    }


def _beside_need(table: pd.DataFrame) -> str:
    heads = ["tier", "purpose", "spent", "of it from general funds", "need", "general funds over need"]
    rows = [
        [str(tier), str(purpose), *(f"{value / 1e3:,.0f}" for value in money), f"{ratio:.2f}"]
        for tier, purpose, *money, ratio in table.itertuples(index=False)
    ]
    return markdown(heads, rows)


def _ratios(table: pd.DataFrame) -> list[list[str]]:
    return [
        [str(name), *(f"{value:.2f}" for value in values)] for name, *values in table.itertuples(index=False)
    ]


def _joint(tables: Tables) -> dict[str, str]:
    table, shared = tables["joint_bodies"], tables["sharing_today"]
    rows = [
        [
            str(row.function),
            f"{row.marked_municipalities:,}",
            f"{row.marked_people / 1e6:.1f}",
            f"{row.joint_municipalities:,}",
            f"{row.joint_people / 1e6:.1f}",
            f"{row.bodies:,}",
            f"{row.people_in_bodies / 1e6:.1f}",
            "yes" if row.priced_as_shared else "no",
        ]
        for row in shared.itertuples()
        if row.bodies
    ]
    heads = [
        "function",
        "marked",
        "million people",
        "joint",
        "million people",
        "bodies",
        "million people",
        "priced",
    ]
    found = {
        "sharing": markdown(heads, rows),
        "joint_rank": f"{rank_correlation(table.iloc[:, 1], table.iloc[:, 2]):.2f}",
        "joint_count": str(len(table)),
    }
    for name, column in (("joint", "spent_by_joint_bodies_ratio"), ("wide", "wide_area_ratio")):
        found |= {
            f"{name}_least": percent(table[column].min()),
            f"{name}_most": percent(table[column].max()),
            f"{name}_median": percent(table[column].median()),
        }
    return found


def _parameters(tables: Tables) -> dict[str, str]:
    table, effect = tables["parameters"], tables["influence"]
    effect = effect.assign(
        swing=effect[["central", "at_low", "at_high"]].agg(lambda r: r.max() - r.min(), axis=1)
    )
    effect = effect.sort_values("swing", ascending=False, kind="stable").set_index("factor")
    order = [name for name in effect.index if name in set(table["parameter"])]
    rest = sorted(set(table["parameter"]) - set(order))
    rows = [
        [
            f"`{row.parameter}`: {row.label}",
            str(row.services),
            row.unit,
            f"{row.low:g} to {row.high:g}",
            row.marks,
            *_saved(effect, str(row.parameter)),
            row.sources.replace("|", ";").replace("<", "&lt;"),
        ]
        for row in table.set_index("parameter", drop=False).loc[[*order, *rest]].itertuples()
    ]
    settings = [[f"`{name}`", *_saved(effect, name)] for name in effect.index if name not in order]
    return {
        "parameters": markdown(
            ["parameter", "services", "unit", "range", "marks", "at low", "at high", "source"], rows
        ),
        "settings": markdown(["setting or figure of crises", "at low", "at high"], settings),
        "saving_central": f"{effect['central'].iloc[0]:,.0f}",
        "influence_of": _of_which(effect),
        "places": _listed(list(PLACES.values())),
    }


def _of_which(effect: pd.DataFrame) -> str:
    """On which numbers the influence was reckoned."""
    if effect["numbers"].iloc[0] == numbers_of_case(DEFAULT_CASE):
        return "with the numbers of this version"
    return "with the numbers of an earlier version (`python -m validation --influence` reckons them anew)"


def _saved(effect: pd.DataFrame, name: str) -> list[str]:
    """The saving at both ends."""
    if name not in effect.index:
        return ["–", "–"]
    values = effect.loc[name, ["at_low", "at_high"]].tolist()
    return ["no plan" if pd.isna(value) else f"{value:,.0f}" for value in values]


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names) or "none"
