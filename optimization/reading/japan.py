"""What is Japan's and not the model's: its prefectures, who is settled together, legal classes, steps of its laws.

Whoever brings another country begins here; all other rooms read these names.
"""

from __future__ import annotations

import math

PREFECTURES: dict[str, tuple[str, str]] = {
    "01": ("北海道", "Hokkaido"),
    "02": ("青森県", "Aomori"),
    "03": ("岩手県", "Iwate"),
    "04": ("宮城県", "Miyagi"),
    "05": ("秋田県", "Akita"),
    "06": ("山形県", "Yamagata"),
    "07": ("福島県", "Fukushima"),
    "08": ("茨城県", "Ibaraki"),
    "09": ("栃木県", "Tochigi"),
    "10": ("群馬県", "Gunma"),
    "11": ("埼玉県", "Saitama"),
    "12": ("千葉県", "Chiba"),
    "13": ("東京都", "Tokyo"),
    "14": ("神奈川県", "Kanagawa"),
    "15": ("新潟県", "Niigata"),
    "16": ("富山県", "Toyama"),
    "17": ("石川県", "Ishikawa"),
    "18": ("福井県", "Fukui"),
    "19": ("山梨県", "Yamanashi"),
    "20": ("長野県", "Nagano"),
    "21": ("岐阜県", "Gifu"),
    "22": ("静岡県", "Shizuoka"),
    "23": ("愛知県", "Aichi"),
    "24": ("三重県", "Mie"),
    "25": ("滋賀県", "Shiga"),
    "26": ("京都府", "Kyoto"),
    "27": ("大阪府", "Osaka"),
    "28": ("兵庫県", "Hyogo"),
    "29": ("奈良県", "Nara"),
    "30": ("和歌山県", "Wakayama"),
    "31": ("鳥取県", "Tottori"),
    "32": ("島根県", "Shimane"),
    "33": ("岡山県", "Okayama"),
    "34": ("広島県", "Hiroshima"),
    "35": ("山口県", "Yamaguchi"),
    "36": ("徳島県", "Tokushima"),
    "37": ("香川県", "Kagawa"),
    "38": ("愛媛県", "Ehime"),
    "39": ("高知県", "Kochi"),
    "40": ("福岡県", "Fukuoka"),
    "41": ("佐賀県", "Saga"),
    "42": ("長崎県", "Nagasaki"),
    "43": ("熊本県", "Kumamoto"),
    "44": ("大分県", "Oita"),
    "45": ("宮崎県", "Miyazaki"),
    "46": ("鹿児島県", "Kagoshima"),
    "47": ("沖縄県", "Okinawa"),
}


JOINT_PREFECTURE, JOINT_MUNICIPALITY = "13", "13100"
"""The prefecture and the municipality that the law settles together: Tokyo, and its 23 special wards as one."""

JOINT_ACCOUNT = f"{JOINT_PREFECTURE}+{JOINT_MUNICIPALITY}"
"""Their one account among the governments."""

SETTLED_TOGETHER = (JOINT_PREFECTURE, JOINT_MUNICIPALITY)
JOINT_PARTS = tuple(f"131{number:02d}" for number in range(1, 24))
"""Codes of the wards, which official tables list one by one."""

PARTS_NAMES = (
    "千代田 Chiyoda|中央 Chuo|港 Minato|新宿 Shinjuku|文京 Bunkyo|台東 Taito|墨田 Sumida|江東 Koto|品川 Shinagawa|"
    "目黒 Meguro|大田 Ota|世田谷 Setagaya|渋谷 Shibuya|中野 Nakano|杉並 Suginami|豊島 Toshima|北 Kita|荒川 Arakawa|"
    "板橋 Itabashi|練馬 Nerima|足立 Adachi|葛飾 Katsushika|江戸川 Edogawa"
)
"""The special wards, which a case holds as one municipality."""

CAPITAL_OF_PARTS = "13104"
"""The ward whose office stands for all."""

RUNS_HEALTH_CENTRE, RUNS_NO_HEALTH_CENTRE = ("designated_city", "core_city", "wards"), ("town", "village")
"""Legal classes that run a health centre of their own, and that may not (Community Health Act, Art. 5)."""

ENDS_AS = {"town": "町", "village": "村", "wards": "区"}
"""How names of a legal class end; all others are cities."""
CITY_ENDS_AS = "市"

WEST, EAST, SOUTH, NORTH = 122.0, 154.0, 20.0, 46.0
"""Degrees within which the country lies."""

LAST_MERGER_TOP_UP = 2020
"""Last fiscal year in which merged municipalities were paid a top-up."""

DEBT_SERVICE_STAGES = (0.18, 0.25, 0.35)
"""Real debt service ratio from which issuing needs permission (Local Finance Act, Art. 5-4), early warning
and rehabilitation (Act on Assurance of Sound Financial Status of Local Governments)."""

BURDEN_WARNING, BURDEN_WARNING_UPPER = 3.5, 4.0
"""Future burden ratio of early warning (the Act on Assurance): municipalities; prefectures and `UPPER_CLASS`."""
UPPER_CLASS = "designated_city"

DEFICIT_BONDS = ("tax_shortfall", "tax_cut", "temporary_tax_revenue", "extraordinary_bond")
"""Kinds of bonds in the debt service of the needs that stood in for taxes or allocation and paid for no works."""

DISASTER_SHARES = ((0.02, 0.5), (0.04, 0.8), (math.inf, 0.9))
"""Share the nation bears of each part of a government's cost of a crisis: up to 2% of its standard tax one half, to 4%
four fifths, beyond nine tenths (Act on Special Measures for Pandemic Influenza, Art. 69)."""
