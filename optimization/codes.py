"""Codes and names of Japan's governments: check digits and the forty-seven prefectures."""

from __future__ import annotations

WEIGHTS = (6, 5, 4, 3, 2)
JOINT_WARDS = "13100"
TOKYO = "13"

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


def short_name(name: str) -> str:
    """A prefecture's name without its 都, 府 or 県; 北海道 stays whole."""
    return name if name == "北海道" else name[:-1]


PREFECTURE_CODES: dict[str, str] = {
    spelling: code for code, (name, _) in PREFECTURES.items() for spelling in (name, short_name(name))
}


def check_digit(code: str) -> str:
    """The sixth digit that belongs to a five-digit code.

    Weights 6, 5, 4, 3, 2, then (11 - sum mod 11) mod 10; official rule of the Ministry of Internal
    Affairs and Communications.
    """
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, code, strict=True))
    return str((11 - total % 11) % 10)


def has_valid_check_digit(six_digits: str) -> bool:
    """Whether a six-digit code carries its own check digit."""
    return len(six_digits) == 6 and six_digits.isdecimal() and check_digit(six_digits[:5]) == six_digits[5]


RENAMED = {
    "28221": frozenset({"篠山市", "丹波篠山市"})
}  # renamed on 2019-05-01; sheets of 2020 mix both names


def same_name(code: str, first: str, second: str) -> bool:
    """Whether two names of one code are the same or a known renaming."""
    return first == second or {first, second} <= RENAMED.get(code, frozenset())
