"""Japanese text in one form, so that what people read as the same is the same: for headings, names and searches.

Sheets, registers and visitors write one name in many ways: half or full width, ヶ or ケ, old glyphs or new ones, with a
selector of a variant behind a sign. `folded` brings them together; what is shown or written is never folded.
"""

from __future__ import annotations

import re
import unicodedata

UNSEEN = re.compile(r"[\s\u00ad\u200b-\u200f\u2060\ufeff\ufe00-\ufe0f\U000e0100-\U000e01ef]+")
"""White space, signs without width, and the selectors of variants of the sign before them."""

WRITTEN = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]")


def has_japanese(text: str) -> bool:
    """Whether a text holds a sign of Japanese writing."""
    return WRITTEN.search(text) is not None


GLYPHS = (
    "ヶケ ヵカ 塡填 靱靭 靫靭 檮梼 龍竜 髙高 﨑崎 嵜崎 嶌島 澤沢 濱浜 濵浜 邊辺 邉辺 國国 櫻桜 廣広 惠恵 "
    "萬万 德徳 瀨瀬 竈釜 竃釜 鰺鯵 驒騨 驛駅 曾曽 蘆芦 鷗鴎 檜桧 礪砺 冨富 蘂蕊 諫諌 當当 與与 壽寿 眞真 "
    "黑黒 靜静 澁渋 條条 亙亘 鹽塩 瀧滝 龜亀 豐豊 來来 藏蔵 會会 藪薮 籠篭 籔薮 應応 榮栄 淺浅 關関 齋斎 "
    "齊斉 將将 螢蛍 燒焼 狹狭 峽峡 彌弥 禮礼 澳墺 繩縄 蠣蛎 頸頚 祇祗 鄕郷 鄉郷 槇槙 舘館 壱壹 縣県 圓円 "
    "佛仏 寶宝 總総 經経 區区 黃黄 綠緑 淸清 靑青 餠餅 麴麹 巖巌 鐵鉄 爐炉 獨独 稻稲 樂楽 氣気 兒児 實実 "
    "對対 屆届 帶帯 徑径 戰戦 拂払 晉晋 曉暁 劍剣 勞労 參参 增増 壞壊 壘塁 壤壌 壯壮 奧奥 專専 屬属 嶽岳 "
    "廢廃 懷懐 戶戸 步歩 每毎 涉渉 渴渇 滿満 潛潜"
)
"""Pairs of a sign and the one that stands for it: other glyphs of it, above all the old ones. Not among them are signs
that keep two names apart: 鹿嶋 in Ibaraki is not 鹿島 in Saga."""

SAME = str.maketrans({pair[0]: pair[1] for pair in GLYPHS.split()})
KUNREI = (
    ("tch", "tti"),
    ("sh", "sy"),
    ("ch", "ty"),
    ("ts", "t"),
    ("dz", "z"),
    ("j", "zy"),
    ("syi", "si"),
    ("tyi", "ti"),
    ("zyi", "zi"),
    ("fu", "hu"),
    ("du", "zu"),
    ("di", "zi"),
)
"""Hepburn spellings and the Kunrei ones that stand for them."""

BETWEEN = re.compile(r"(?<=[\u3400-\u9fff])[がガ](?=[\u3400-\u9fff])")
"""The sign that is read ga between two others, which most names write ケ."""


def plain(text: str) -> str:
    """A text in NFKC without white space and signs that nobody sees."""
    return UNSEEN.sub("", unicodedata.normalize("NFKC", text))


def folded(text: str) -> str:
    """A text in the one form in which two of them are compared."""
    return BETWEEN.sub("ケ", plain(text).translate(SAME))


def katakana(text: str) -> str:
    """Kana of any kind as full-width katakana; other signs as `plain` gives them."""
    return "".join(chr(ord(sign) + 96) if "ぁ" <= sign <= "ゖ" else sign for sign in plain(text))


def folded_romaji(reading: str) -> str:
    """A reading in romaji in the folded spelling: letters and digits only, no long vowels, nothing doubled."""
    text = "".join(
        c for c in unicodedata.normalize("NFKD", reading).casefold() if c.isascii() and c.isalnum()
    )
    for hepburn, kunrei in KUNREI:
        text = text.replace(hepburn, kunrei)
    text = re.sub(r"n?m(?=[bpm])", "n", text)
    text = re.sub(r"oh(?![aiueoy])", "o", text)
    text = text.replace("ou", "o")
    return re.sub(r"(.)\1+", r"\1", text)


def signs_apart(found: str, due: str) -> str:
    """Where two texts that look alike differ, with the code points of the signs: for the end of a message. '' where
    they are of another length or differ in more than a third of their signs, which anybody sees."""
    one, other = folded(found), folded(due)
    pairs = [(a, b) for a, b in zip(one, other, strict=False) if a != b]
    if len(one) != len(other) or not 0 < len(pairs) <= max(1, len(one) / 3):
        return ""
    return "; ".join(f"{_point(a)} stands where {_point(b)} is due" for a, b in pairs)


def _point(sign: str) -> str:
    return f"{sign} U+{ord(sign):04X}"
