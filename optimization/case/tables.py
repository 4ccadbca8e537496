import pandas as pd


def read_tables(path):
    t = {}
    for f in path.glob("*.csv"):
        t[f.stem] = pd.read_csv(
            f,
            dtype=dict.fromkeys(
                ("code", "prefecture_code", "code_a", "code_b", "medical_area_code", "capital_code"), str
            ),
            keep_default_na=False,
            na_values={c: [""] for c in ("counted_share", "value")},
        )
    t["bodies"] = t.get(
        "bodies", pd.DataFrame({"body_id": pd.Series(dtype=str), "code": pd.Series(dtype=str)})
    )
    return t
