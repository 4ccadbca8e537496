"""Write evidence.md from the tables in docs/evidence/, and those and the figures anew from a case.

    python docs/build_evidence.py                 the page from the tables at hand
    python docs/build_evidence.py --from FOLDER   tables of a folder that `solve.py estimate` wrote, and the figures

A test fails when the page is not what this script writes.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from optimization.case.parameters import ASSUMED, DERIVED, ESTIMATED, SPENDING_RATIO
from optimization.evidence.registered import registered

HERE = Path(__file__).parent
PAGE, TABLES = HERE / "evidence.md", HERE / "evidence"
KEPT = (
    *("estimates", "diagnostics", "sharing", "modelled_sharing", "preferences", "objections", "backtest"),
    "parameters",
)
DIGITS = "%.4g"
COLOURS = {"alone": "#0072B2", "joint": "#D55E00"}
"""Told apart by colour-blind readers too (Okabe and Ito, 2008)."""

WORDS = TABLES / "page.txt"
"""The page with gaps for what the tables say."""


def table(rows: Iterable[Iterable[str]]) -> str:
    """Lines of a table of Markdown."""
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def effect(row: pd.Series, digits: int = 2) -> str:
    """A value with its interval."""
    value, low, high = (f"{row[name]:.{digits}f}".replace("-", "−") for name in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


def spelt(name: str) -> str:
    """A key as words."""
    return name.replace("_", " ")


def page(tables: dict[str, pd.DataFrame]) -> str:
    """The page of the tables."""
    found = tables["estimates"].fillna({"function": "", "note": "", "purpose": ""})
    fixed = found[found["specification"] == "a_fixed"].set_index(["purpose", "effect"])
    names = list(dict.fromkeys(fixed.index.get_level_values(0)))
    own = fixed.xs("own_size", level="effect")["value"]
    fire, waste = fixed.loc[("fire", "group_size")], fixed.loc[("health_sanitation", "group_size")]
    sure = found[(found["specification"] == "a_sure") & (found["purpose"] == "fire")].set_index("effect")
    return WORDS.read_text(encoding="utf-8").format(
        own_least=own.min(), own_most=own.max(), fire=fire["value"], fire_low=fire["low"], fire_high=fire["high"],
        waste=waste["value"], level=registered().level, weak=registered().weak["first_stage_f"],
        sure=sure.at["group_size", "value"],
        purposes=table(_purposes(fixed, names)),
        figures="\n".join(f"![Spending per head on {spelt(n)}, alone and joint](evidence/{n}.svg)" for n in names),
        sharing_effects=table(_sharing_effects(found, tables["diagnostics"], names)),
        others=table(_others(fixed, names)), panels=table(_panels(found)),
        backtest=table(_backtest(tables["backtest"])),
        pooled=table(_pooled(found)), parameters=table(_parameters(tables["parameters"])),
        width=table(_width(tables["width"])), **_widths(tables["width"]),
        money_spent=table(_money_spent(tables["parameters"])), **_ratios(tables["parameters"]),
        sharing=table(_sharing(tables["sharing"])),
        functions=" | ".join(spelt(f) for f in registered().sharing["functions"]),
        rules="---|" * len(registered().sharing["functions"]),
        preferences=table(_preferences(tables["preferences"])),
        modelled=table(_modelled(tables["modelled_sharing"], tables["sharing"])),
        signs=table(_signs(tables["objections"], tables["sharing"])),
        prices_again=table(_prices_again(tables["objections"], tables["preferences"])),
        in_money=table(_in_money(tables["objections"])),
        deviations="\n".join(
            f"- **{d['what'][0].upper()}{d['what'][1:]}.** Why: {d['why']}. What it does: {d['does']}."
            for d in registered().deviations
        ),
    )  # fmt: skip


def _cell(fixed: pd.DataFrame, name: str, which: str) -> str:
    return effect(fixed.loc[(name, which)]) if (name, which) in fixed.index else "–"


def _purposes(fixed: pd.DataFrame, names: list[str]) -> Iterable[list[str]]:
    for name in names:
        row = fixed.loc[(name, "own_size")]
        group, note = _cell(fixed, name, "group_size"), ""
        if group != "–" and str(fixed.at[(name, "group_size"), "note"]):
            note = " not used"
        yield [
            spelt(name), f"{row['n']:,}", _cell(fixed, name, "own_size"), group + note, f"{row['held_out_error']:.0%}",
            f"{row['coverage']:.1%}", "yes" if row["estimable"] else "no",
        ]  # fmt: skip


def _sharing_effects(found: pd.DataFrame, tests: pd.DataFrame, names: list[str]) -> Iterable[list[str]]:
    strength = tests[tests["test"] == "first-stage F"].set_index("purpose")["value"]
    instrument = found[(found["specification"] == "b_instrument") & (found["effect"] == "group_size")]
    by_function = found[found["effect"] == "sharing"].set_index(["purpose", "function", "specification"])
    for name in names:
        own = dict.fromkeys(f for n, f, _ in by_function.index if n == name)
        for number, function in enumerate(own):
            cells = [
                effect(by_function.loc[(name, function, how)], 3)
                if (name, function, how) in by_function.index
                else "–"
                for how in ("a_sharing", "a_matched")
            ]
            tried = instrument[instrument["purpose"] == name] if number == 0 else instrument.iloc[:0]
            tail = [effect(tried.iloc[0]), f"{strength[name]:.1f}"] if len(tried) else ["", ""]
            yield [spelt(name), spelt(function), *cells, *tail]


def _others(fixed: pd.DataFrame, names: list[str]) -> Iterable[list[str]]:
    for name in names:
        kinds = ("density", "ageing", "remoteness", "income", "snow")
        yield [spelt(name), *(_cell(fixed, name, kind) for kind in kinds)]


def _panels(found: pd.DataFrame) -> Iterable[list[str]]:
    for _, row in found[found["specification"].isin(["d_need", "d_spent"])].iterrows():
        yield [row["outcome"], spelt(str(row["service"])).replace("+", ", "), effect(row), f"{row['n']:,}"]


def _backtest(rows: pd.DataFrame) -> Iterable[list[str]]:
    for _, row in rows.iterrows():
        yield [
            spelt(row["service"]), f"{row['median_abs_error']:.1%}", f"{row['median_abs_error_without_size']:.1%}",
        ]  # fmt: skip


def _pooled(found: pd.DataFrame) -> Iterable[list[str]]:
    for _, row in found[found["specification"] == "c_pooled"].iterrows():
        of = spelt(row["purpose"]) or "a purpose not among them"
        interval = f"{row['low']:.2f} to {row['high']:.2f}".replace("-", "−")
        yield [spelt(row["effect"]), of, f"{row['value']:.2f}", f"{row['standard_error']:.2f}", interval]


def _money_spent(rows: pd.DataFrame) -> Iterable[list[str]]:
    """Services by what their ratio of money spent to the norm is, and why."""
    rows = rows[rows["parameter"] == SPENDING_RATIO]
    why = rows["source"].str.split("; docs/").str[0].str.split(" is of money already, for ").str[-1]
    for (mark, reason), part in rows.groupby([rows["mark"], why], sort=False):
        low, central, high = part[["low", "central", "high"]].iloc[0]
        ratio = "1" if low == high else f"{central:.2f} ({low:.2f} to {high:.2f})"
        yield [", ".join(spelt(s) for s in part["service"]), ratio, str(mark), str(reason)]


def _width(rows: pd.DataFrame) -> Iterable[list[str]]:
    """The range of each plan's saving with the assumed and with the estimated numbers, billion yen a year."""
    said = {"before": "assumed", "now": "estimated"}
    for _, row in rows.iterrows():
        ends = (f"{row[f'{end}_million_yen'] / 1e3:+,.1f}" for end in ("low", "middle", "high"))
        yield [
            f"`{row['package']}` of {row['municipalities']:,} municipalities, decided on {said[row['plan']]} numbers",
            said[row["ranges"]], *ends,
            f"{row['width_million_yen'] / 1e3:,.1f}", f"{row['saves_ratio']:.0%}",
        ]  # fmt: skip


def _widths(rows: pd.DataFrame) -> dict[str, float]:
    """By how much the estimates have changed the width, for the plan of either numbers."""
    wide = rows.drop_duplicates(["plan", "ranges"]).set_index(["plan", "ranges"])["width_million_yen"]
    return {
        f"width_of_{plan}": wide[plan, "now"] / wide[plan, "before"] - 1.0 for plan in ("before", "now")
    } | {
        "width_draws": int(rows["draws"].iloc[0]),
        "width_told_before": wide["before", "before"] / 1e3,
        "width_told_now": wide["now", "now"] / 1e3,
    }


def _ratios(rows: pd.DataFrame) -> dict[str, int]:
    """How many services' ratios are of money already, of their own purpose, and lent."""
    marks = rows.loc[rows["parameter"] == SPENDING_RATIO, "mark"].value_counts()
    return {
        name: int(marks.get(mark, 0))
        for name, mark in (("once", DERIVED), ("own", ESTIMATED), ("lent", ASSUMED))
    }


def _parameters(rows: pd.DataFrame) -> Iterable[list[str]]:
    for _, row in rows[rows["parameter"] != SPENDING_RATIO].iterrows():
        yield [
            spelt(row["parameter"]),
            spelt(row["service"]),
            *(f"{row[n]:.3g}" for n in ("low", "central", "high")),
        ]


def _sharing(rows: pd.DataFrame) -> Iterable[list[str]]:
    rule = registered().sharing
    for function in rule["functions"]:
        part = rows[rows["function"] == function]
        mean = part[["phi", "phi_size_only", "people_foretold_ratio", "people_observed_ratio"]].mean()
        apart = float((part["people_foretold_ratio"] - part["people_observed_ratio"]).abs().mean() * 100)
        above = mean["phi"] - mean["phi_size_only"] >= rule["wanted_phi_above"]
        enough = function != "fire" or mean["phi"] >= rule["wanted_phi_fire"]
        said = [] if above and enough else ["phi not"]
        said += [] if apart <= rule["wanted_share_points"] else ["people served not"]
        yield [
            spelt(function), f"{mean['phi']:.2f}", f"{mean['phi_size_only']:.2f}",
            f"{mean['people_foretold_ratio']:.0%}", f"{mean['people_observed_ratio']:.0%}", f"{apart:.1f}",
            ", ".join(said) or "yes",
        ]  # fmt: skip


def _preferences(rows: pd.DataFrame) -> Iterable[list[str]]:
    for feature in dict.fromkeys(rows["feature"]):
        part = (
            rows[rows["feature"] == feature]
            .set_index("function")
            .loc[list(registered().sharing["functions"])]
        )
        scale = part["per_spread"] / part["value"].where(part["value"] != 0, 1.0)
        cells = [
            effect(pd.Series({n: row[n] * s for n in ("value", "low", "high")}), 1)
            for (_, row), s in zip(part.iterrows(), scale, strict=True)
        ]
        yield [spelt(feature), *cells]


def _modelled(rows: pd.DataFrame, by_hand: pd.DataFrame) -> Iterable[list[str]]:
    """Means of the held-out draws, then the whole country."""
    names = ["phi", "people_modelled_ratio", "people_observed_ratio"]
    for function, part in rows.groupby("function", sort=False):
        held, other = part[part["draw"] > 0], by_hand[by_hand["function"] == function]
        apart = float((held["people_modelled_ratio"] - held["people_observed_ratio"]).abs().mean() * 100)
        whole = part[part["draw"] == 0].iloc[0]
        mean, logit = held[names].mean(), other[["phi", "phi_size_only", "people_foretold_ratio"]].mean()
        yield [
            spelt(str(function)), f"{mean['phi']:.2f}", f"{logit['phi']:.2f}", f"{logit['phi_size_only']:.2f}",
            f"{mean['people_modelled_ratio']:.0%}", f"{logit['people_foretold_ratio']:.0%}",
            f"{mean['people_observed_ratio']:.0%}", f"{apart:.1f}", f"{whole['phi']:.2f}",
            f"{whole['people_modelled_ratio']:.0%} of {whole['people_observed_ratio']:.0%}",
        ]  # fmt: skip


def _signs(rows: pd.DataFrame, sharing: pd.DataFrame) -> Iterable[list[str]]:
    """What binding the signs of costs loses."""
    free = sharing[sharing["draw"] == 1].set_index("function")["phi"]
    part = rows[rows["objection"] == "signs of costs"]
    for function, each in part.groupby("function", sort=False):
        value = each.set_index("quantity")["value"]
        yield [
            spelt(str(function)), f"{value['log likelihood lost']:.1f}", f"{value['prices at 0']:.0f}",
            f"{free[function]:.2f}", f"{value['phi held out']:.2f}".replace("-", "−"),
        ]  # fmt: skip


def _prices_again(rows: pd.DataFrame, preferences: pd.DataFrame) -> Iterable[list[str]]:
    """Prices for a spread of each: all choosers of the main split, among sharers, without the smallest."""
    ways = rows.set_index(["objection", "function", "quantity"]).sort_index()
    for function in registered().sharing["functions"]:
        for price in ("scale", "distance", "coordination", "fixed"):
            own = preferences[(preferences["function"] == function) & (preferences["feature"] == price)].iloc[
                0
            ]
            scale = own["per_spread"] / own["value"] if own["value"] else 1.0
            first = effect(pd.Series({n: own[n] * scale for n in ("value", "low", "high")}), 1)
            others = (
                effect(ways.loc[(way, function, price)], 1) if (way, function, price) in ways.index else "–"
                for way in ("among sharers", "without the smallest")
            )
            yield [spelt(function), price, first, *others]


def _in_money(rows: pd.DataFrame) -> Iterable[list[str]]:
    """Prices over the price of the promised saving."""
    for _, row in rows[rows["objection"].str.startswith("in money")].iterrows():
        who = "sharers" if "sharers" in row["objection"] else "all"
        digits = 3 if row["quantity"].startswith("coordination") else 2
        yield [spelt(row["function"]), who, row["quantity"], effect(row, digits), f"{row['n']:.0f}"]


def figures() -> None:
    """A figure for each purpose: spending per head by residents, alone and joint, medians and eight of ten."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot as plt

    from optimization.case.face import DEFAULT_CASE
    from optimization.case.load import load_case
    from optimization.evidence.sample import sample_of, with_curve

    plt.rcParams.update({"svg.hashsalt": "evidence", "svg.fonttype": "none", "font.size": 9})
    sample = sample_of(load_case(DEFAULT_CASE))
    residents = sample.places["residents"]
    for name, purpose in with_curve(sample).items():
        spent = np.exp(sample.spent(name, purpose.outcome)) * 1e3
        functions = tuple(purpose.whole) or purpose.part
        member = sample.member(functions) if functions else pd.Series(0.0, residents.index)
        figure, axes = plt.subplots(figsize=(6.4, 3.4))
        for label, which in (("alone", member == 0), ("joint", member == 1)):
            part = which & spent.notna()
            if part.sum() < 30:
                continue
            shown = part & (np.arange(len(part)) % 4 == 0)
            axes.scatter(residents[shown], spent[shown], s=4, color=COLOURS[label], alpha=0.35, linewidths=0)
            bins = pd.qcut(residents[part], min(10, int(part.sum() // 15)))
            middle = residents[part].groupby(bins, observed=True).median()
            low, half, high = (spent[part].groupby(bins, observed=True).quantile(q) for q in (0.1, 0.5, 0.9))
            axes.fill_between(middle, low, high, color=COLOURS[label], alpha=0.12, linewidth=0)
            shared = "" if not functions else f" ({', '.join(spelt(f) for f in functions)})"
            axes.plot(middle, half, color=COLOURS[label], label=f"{label}{shared}, {part.sum():,}")
        axes.set(xscale="log", yscale="log", xlabel="residents", ylabel="thousand yen per resident, FY2023")
        axes.set_title(
            f"{spelt(name).capitalize()}: every fourth municipality, median, and eight of ten", fontsize=9
        )
        axes.legend(frameon=False)
        figure.tight_layout()
        figure.savefig(TABLES / f"{name}.svg", metadata={"Date": None})
        plt.close(figure)


def keep(folder: Path) -> None:
    """Take the tables of a folder of estimates, without what every draw covered."""
    TABLES.mkdir(exist_ok=True)
    for name in KEPT:
        frame = pd.read_csv(folder / f"{name}.csv")
        if name == "diagnostics":
            frame = frame[~frame["test"].str.startswith("coverage, draw ")]
        frame.to_csv(TABLES / f"{name}.csv", index=False, float_format=DIGITS, lineterminator="\n")


def read() -> dict[str, pd.DataFrame]:
    """The tables as they stand."""
    return {name: pd.read_csv(TABLES / f"{name}.csv") for name in (*KEPT, "width")}


def main() -> None:
    """Write what was asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--from", dest="folder", type=Path)
    folder = parser.parse_args().folder
    if folder is not None:
        keep(folder)
        figures()
    PAGE.write_text(page(read()), encoding="utf-8")


if __name__ == "__main__":
    main()
