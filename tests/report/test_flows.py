"""Money in the flow diagrams: nothing lost on the way, the same as in the tables, bars as high as their ribbons."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from report_runs import example, solved

from optimization.report import flows
from optimization.report.flows import Flow, flow_rows, largest, sankey
from optimization.report.language import speaker
from optimization.report.view import RunView, view_run


@pytest.fixture(scope="module")
def blocs(tmp_path_factory: pytest.TempPathFactory) -> RunView:
    """A run in which blocs answer for services, paid by their prefectures."""
    return view_run(solved("regional_blocs", tmp_path_factory.mktemp("blocs") / "run"))


@pytest.mark.parametrize("today", [True, False])
def test_what_comes_in_goes_out(blocs: RunView, today: bool) -> None:
    for run in (example(), blocs):
        for found in (flows.flows(run, today), flows.of_tiers(run, today)):
            for tier in flows.TIERS:
                into = sum(f.amount for f in found if f.target == tier)
                out = sum(f.amount for f in found if f.source == tier)
                assert into == pytest.approx(out, abs=2.0)
            mark = "_today" if today else ""
            table = run.tables["tiers"]
            taxes = sum(f.amount for f in found if f.source == "local_taxes")
            assert taxes == pytest.approx(table[f"own_revenue{mark}_million_yen"].sum())
        services = sum(f.amount for f in found if f.target == "services")
        assert services == pytest.approx(table[f"gross_spending{mark}_million_yen"].sum())


@pytest.mark.parametrize("today", [True, False])
def test_the_diagram_is_that_of_the_closed_accounts(blocs: RunView, today: bool) -> None:
    """What services use up, what each sector is left with, and the nation's taxes less what it gives on."""
    for run in (example(), blocs):
        found = {(f.source, f.target): f.amount for f in flows.flows(run, today)}
        sectors = run.tables["sectors"].set_index("sector")
        when = "today" if today else "package"
        used = sum(amount for (_, to), amount in found.items() if to == "services")
        assert used == pytest.approx(sectors[f"resource_cost_{when}_million_yen"].sum(), abs=2.0)
        for sector, tier in flows.SECTORS.items():
            left = found.get((tier, "left"), 0.0) - found.get(("uncovered", tier), 0.0)
            assert left == pytest.approx(sectors.at[sector, f"balance_{when}_million_yen"], abs=1.0)
        table = run.tables["flows"].set_index(["from_sector", "to_sector", "kind"])[f"{when}_million_yen"]
        given = table.loc["nation"].loc[["municipalities", "prefectures"]].sum()
        own = table["residents", "nation", "national_taxes"] - given
        assert found.get(("national_taxes", "nation"), 0.0) == pytest.approx(max(0.0, own), abs=1.0)


def test_a_run_of_before_there_were_accounts_is_drawn_by_its_tiers() -> None:
    run = example()
    older = replace(run, tables={name: t for name, t in run.tables.items() if name != "flows"})
    assert flows.flows(older, False) == flows.of_tiers(run, False) != flows.flows(run, False)


def test_prefectures_pay_their_bloc(blocs: RunView) -> None:
    """What a bloc spends beyond its grants is taken from the prefectures' taxes, not invented."""
    after = {(f.source, f.target): f.amount for f in flows.of_tiers(blocs, today=False)}
    bloc = blocs.tables["tiers"].set_index("tier").loc["bloc"]
    assert bloc["gross_spending_million_yen"] > 0
    assert after["bloc", "services"] == pytest.approx(bloc["gross_spending_million_yen"])
    assert ("national_taxes", "bloc") not in after
    before = {(f.source, f.target): f.amount for f in flows.of_tiers(blocs, today=True)}
    given = before["local_taxes", "prefecture"] - after["local_taxes", "prefecture"]
    assert given == pytest.approx(after["local_taxes", "bloc"])


def test_the_pool_is_shared_out_whole() -> None:
    run = example()
    formula = run.tables["formula"].set_index("parameter")
    found = flows.of_tiers(run, today=False)
    pool = sum(f.amount for f in found if f.source == "allocation")
    # the formula's pool less what pays corrections of errors, which no diagram shows
    assert pool == pytest.approx(formula.at["pool", "under_package"], rel=1e-3)


def test_a_diagram_by_hand() -> None:
    """Taxes 30 to towns and 10 to prefectures, all to services. Height 100 less 2 x 6 of margin and the three gaps of
    16 that the fullest column may need is 40 for 40 of money: the bars are 40, 30, 10 and 40 high."""
    found = [
        Flow("local_taxes", "municipality", 30.0),
        Flow("local_taxes", "prefecture", 10.0),
        Flow("municipality", "services", 30.0),
        Flow("prefecture", "services", 10.0),
    ]
    assert largest(found) == 40.0
    picture = sankey(found, 200.0, 100.0, 40.0)
    bars = {bar.name: bar for bar in picture.bars}
    heights = {name: round(bar.height, 6) for name, bar in bars.items()}
    assert heights == {"local_taxes": 40.0, "municipality": 30.0, "prefecture": 10.0, "services": 40.0}
    assert [bars[name].x for name in ("local_taxes", "municipality", "services")] == [0.0, 94.0, 188.0]
    assert bars["prefecture"].y == 6 + 30 + 16
    first = picture.ribbons[0].path
    assert first.startswith("M12.0 6.0C53.0 6.0 53.0 6.0 94.0 6.0v30.0") and first.endswith("z")
    assert max(bar.y + bar.height for bar in picture.bars) <= 100.0 - 6.0


def test_ribbons_fill_their_bars() -> None:
    found = flows.flows(example(), today=False)
    picture = sankey(found, 560.0, 430.0, largest(found))
    thickness = [float(re.search(r"v([\d.]+)C", r.path)[1]) for r in picture.ribbons]
    for bar in picture.bars:
        for side in ("source", "target"):
            ends = [
                t for t, r in zip(thickness, picture.ribbons, strict=True) if getattr(r, side) == bar.name
            ]
            assert sum(ends) <= bar.height + 0.5
        assert bar.y >= 0.0 and bar.y + bar.height <= 430.0


def test_the_table_beside_the_diagram_says_the_same() -> None:
    run, say = example(), speaker("en")
    rows = {(row["from"], row["to"]): row for row in flow_rows(run, say)}
    for flow in flows.flows(run, today=False):
        row = rows[flows.node(flow.source, say), flows.node(flow.target, say)]
        assert row["now"] == say.money(flow.amount)


def test_two_diagrams_share_a_scale() -> None:
    before, after = (flows.flows(example(), today) for today in (True, False))
    most = largest(before, after)
    scales = set()
    for found in (before, after):
        for bar in sankey(found, 560.0, 430.0, most).bars:
            if bar.height > 1.0 and bar.name in ("municipality", "prefecture"):
                scales.add(round(bar.amount / bar.height / 1e3, 3))
    assert max(scales) - min(scales) < 0.002 * max(scales)
