"""Ways of spoiling an Excel workbook: its cells, its parts, the archive that holds them."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from random import Random

from tests.fuzz.values import FORMULAS, NUMBERS, TEXTS

Parts = dict[str, bytes]
CELL = re.compile(rb'<c r="([A-Z]+[0-9]+)"[^>]*?(?:/>|>.*?</c>)', re.DOTALL)
GIGABYTE = 2**30


def _parts(change: Callable[[Parts, Random], object]) -> Callable[[Path, Random], None]:
    def operator(path: Path, rng: Random) -> None:
        with zipfile.ZipFile(path) as book:
            parts = {name: book.read(name) for name in book.namelist()}
        change(parts, rng)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
            for name, content in parts.items():
                book.writestr(name, content)

    operator.__name__ = change.__name__
    return operator


def _sheet(parts: Parts, rng: Random) -> str:
    return rng.choice([name for name in parts if name.startswith("xl/worksheets/")])


def _cell(parts: Parts, rng: Random, new: Callable[[bytes], bytes]) -> None:
    """Another cell in the place of one, at the same address."""
    name = _sheet(parts, rng)
    found = list(CELL.finditer(parts[name]))
    if found:
        cell = rng.choice(found)
        parts[name] = parts[name][: cell.start()] + new(cell[1]) + parts[name][cell.end() :]


def _escaped(text: str) -> bytes:
    text = re.sub(r"[\x00-\x08\x0b-\x1f]", "", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").encode()


def cell_of_text(parts: Parts, rng: Random) -> None:
    text = _escaped(rng.choice((*TEXTS, *NUMBERS)))
    _cell(parts, rng, lambda at: b'<c r="%s" t="inlineStr"><is><t>%s</t></is></c>' % (at, text))


def cell_of_number(parts: Parts, rng: Random) -> None:
    text = _escaped(rng.choice(NUMBERS))
    _cell(parts, rng, lambda at: b'<c r="%s"><v>%s</v></c>' % (at, text))


def cell_of_formula(parts: Parts, rng: Random) -> None:
    """A formula with its result, with none, or with an empty one."""
    text, value = (
        _escaped(rng.choice(FORMULAS)),
        rng.choice((b"<v>7</v>", b"", b"<v/>", b"<v></v>", b"<v>#REF!</v>")),
    )
    _cell(parts, rng, lambda at: b'<c r="%s"><f>%s</f>%s</c>' % (at, text, value))


def cell_of_odd_kind(parts: Parts, rng: Random) -> None:
    kinds = (
        b't="b"><v>1</v>',
        b't="b"><v>x</v>',
        b't="e"><v>#N/A</v>',
        b't="s"><v>999999</v>',
        b't="s"><v>-1</v>',
        b't="s"><v>x</v>',
        b't="d"><v>2022-13-45</v>',
        b't="d"><v>2022-01-01</v>',
        b's="9999"><v>1</v>',
        b't="zz"><v>1</v>',
        b't="str"><v>1</v>',
        b"><v>1</v><v>2</v>",
    )
    kind = rng.choice(kinds)
    _cell(parts, rng, lambda at: b'<c r="%s" %s</c>' % (at, kind))


def cell_figure_changed(parts: Parts, rng: Random) -> None:
    """One digit of one number is another: what only the sums of the sheet can find."""
    name = _sheet(parts, rng)
    found = [
        m
        for m in re.finditer(rb"<v>([0-9]+)</v></c>", parts[name])
        if b't="s"' not in parts[name][m.start() - 40 : m.start()]
    ]
    if found:
        start, end = rng.choice(found).span(1)
        at = rng.randrange(start, end)
        digit = b"%d" % ((int(parts[name][at : at + 1]) + rng.randrange(1, 10)) % 10)
        parts[name] = parts[name][:at] + digit + parts[name][at + 1 :]


def cell_moved(parts: Parts, rng: Random) -> None:
    """A cell whose address is another, far off or impossible."""
    name = _sheet(parts, rng)
    new = rng.choice(
        (b"XFD1048576", b"XFD1", b"A1048576", b"ZZZ9", b"A0", b"A99999999999", b"1A", b"", b"B2")
    )
    found = list(re.finditer(rb'<c r="([A-Z]+[0-9]+)"', parts[name]))
    if found:
        start, end = rng.choice(found).span(1)
        parts[name] = parts[name][:start] + new + parts[name][end:]


def row_moved(parts: Parts, rng: Random) -> None:
    name = _sheet(parts, rng)
    new = rng.choice((b"1048576", b"0", b"-1", b"x", b"999999999", b"3"))
    found = list(re.finditer(rb'<row r="([0-9]+)"', parts[name]))
    if found:
        start, end = rng.choice(found).span(1)
        parts[name] = parts[name][:start] + new + parts[name][end:]


def row_dropped(parts: Parts, rng: Random) -> None:
    name = _sheet(parts, rng)
    found = list(re.finditer(rb"<row .*?</row>", parts[name], re.DOTALL))
    if found:
        start, end = rng.choice(found).span()
        parts[name] = parts[name][:start] + parts[name][end:]


def row_doubled(parts: Parts, rng: Random) -> None:
    name = _sheet(parts, rng)
    found = list(re.finditer(rb"<row .*?</row>", parts[name], re.DOTALL))
    if found:
        row = rng.choice(found)
        parts[name] = parts[name][: row.end()] + row[0] + parts[name][row.end() :]


def dimension_claimed(parts: Parts, rng: Random) -> None:
    name = _sheet(parts, rng)
    claim = rng.choice((b"A1:XFD1048576", b"A1", b"", b"A1:B", b"XFD1048576:A1"))
    parts[name] = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="%s"' % claim, parts[name])


def many_wide_rows(parts: Parts, rng: Random) -> None:
    """Rows with one cell each at the far right: a rectangle around them is a thousand million cells."""
    name, first = _sheet(parts, rng), 5000
    rows = b"".join(
        b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (n, n) for n in range(first, first + 60_000)
    )
    parts[name] = parts[name].replace(b"</sheetData>", rows + b"</sheetData>")


def strings_swapped(parts: Parts, rng: Random) -> None:
    """Two shared strings change places; headings and names with them."""
    name = "xl/sharedStrings.xml"
    found = list(re.finditer(rb"<si>.*?</si>", parts.get(name, b""), re.DOTALL))
    if len(found) > 1:
        a, b = sorted(rng.sample(range(len(found)), 2))
        (s1, e1), (s2, e2), text = found[a].span(), found[b].span(), parts[name]
        parts[name] = text[:s1] + text[s2:e2] + text[e1:s2] + text[s1:e1] + text[e2:]


def string_changed(parts: Parts, rng: Random) -> None:
    name = "xl/sharedStrings.xml"
    found = list(re.finditer(rb"<t[^>]*>(.*?)</t>", parts.get(name, b""), re.DOTALL))
    if found:
        start, end = rng.choice(found).span(1)
        parts[name] = parts[name][:start] + _escaped(rng.choice(TEXTS)) + parts[name][end:]


def cells_merged(parts: Parts, rng: Random) -> None:
    name = _sheet(parts, rng)
    ref = rng.choice((b"A1:XFD1048576", b"F6:G7", b"B2:A1", b"x"))
    parts[name] = parts[name].replace(
        b"</sheetData>", b'</sheetData><mergeCells count="1"><mergeCell ref="%s"/></mergeCells>' % ref
    )


def sheet_renamed(parts: Parts, rng: Random) -> None:
    name = _escaped(rng.choice(TEXTS[:24])).replace(b'"', b"&quot;")
    parts["xl/workbook.xml"] = re.sub(
        rb'name="[^"]*"( sheetId)', lambda m: b'name="%s"%s' % (name, m[1]), parts["xl/workbook.xml"], count=1
    )


def sheet_hidden(parts: Parts, rng: Random) -> None:
    parts["xl/workbook.xml"] = re.sub(rb'state="visible"|(?<= sheetId)', b"", parts["xl/workbook.xml"])
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b"<sheet ", b'<sheet state="veryHidden" ', 1)


def entities(parts: Parts, rng: Random) -> None:
    """Entities that double at every step, or that name a file of this machine."""
    name = rng.choice(list(parts))
    steps = b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12))
    head = rng.choice(
        (
            b'<!DOCTYPE x [<!ENTITY a0 "aaaaaaaaaa">' + steps + b"]>",
            b'<!DOCTYPE x [<!ENTITY a11 SYSTEM "file:///etc/passwd">]>',
        )
    )
    body = re.sub(rb"^<\?xml[^>]*\?>\s*", b"", parts[name])
    parts[name] = head + re.sub(rb"<(v|t)>[^<]*<", rb"<\1>&a11;<", body, count=3)


def nested_deeply(parts: Parts, rng: Random) -> None:
    name = rng.choice(list(parts))
    depth = rng.choice((1000, 200_000))
    parts[name] = re.sub(rb"(<(?!\?)[^>]*>)", rb"\1" + b"<x>" * depth, parts[name], count=1)


def part_dropped(parts: Parts, rng: Random) -> None:
    del parts[rng.choice(list(parts))]


def part_spoilt(parts: Parts, rng: Random) -> None:
    name = rng.choice(list(parts))
    content = bytearray(parts[name])
    for _ in range(rng.choice((1, 1, 4, 40))):
        content[rng.randrange(len(content))] = rng.randrange(256)
    parts[name] = bytes(content)


def part_cut(parts: Parts, rng: Random) -> None:
    name = rng.choice(list(parts))
    parts[name] = parts[name][: rng.randrange(len(parts[name]))]


def part_named_badly(parts: Parts, rng: Random) -> None:
    """Parts whose names lead out of the archive."""
    name = rng.choice(list(parts))
    parts[
        rng.choice(
            ("../../evil.xml", "/etc/evil", "xl/worksheets/../../../evil.xml", "xl/worksheets/\u202e.xml")
        )
    ] = parts[name]


def link_outside(parts: Parts, rng: Random) -> None:
    """A relation to a part that lies elsewhere."""
    name = rng.choice([n for n in parts if n.endswith(".rels")])
    target = rng.choice(
        (b"http://x.test/a.xml", b"file:///etc/passwd", b"../../../etc/passwd", b"", b"worksheets/sheet1.xml")
    )
    parts[name] = re.sub(rb'Target="[^"]*"', b'Target="%s"' % target, parts[name], count=rng.choice((1, 9)))


@lru_cache(maxsize=4)
def _bomb(size: int, fill: bytes, head: bytes, tail: bytes) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book,
        book.open("x", "w", force_zip64=True) as part,
    ):
        part.write(head)
        block = fill * (2**20 // len(fill))
        for _ in range(size // len(block)):
            part.write(block)
        part.write(tail)
    return out.getvalue()


def bomb(path: Path, rng: Random) -> None:
    """A part of gigabytes that packs into a few megabytes."""
    head = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    fill = rng.choice((b" ", b'<row><c r="A1"><v>1</v></c></row>'))
    packed = _bomb(GIGABYTE, fill, head, b"</sheetData></worksheet>")
    # the archive's directory names its one part twice: the names are of one length, so they can be written over
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    name = rng.choice([n for n in parts if n.startswith("xl/worksheets/") or n == "xl/sharedStrings.xml"])
    del parts[name]
    path.write_bytes(_renamed(packed, name.encode()))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as book:
        for other, content in parts.items():
            book.writestr(other, content)


def _renamed(packed: bytes, name: bytes) -> bytes:
    """An archive of one part "x" with another name: in its header, in the directory and in the directory's length."""
    at = packed.rindex(b"PK\x01\x02")
    end = packed.rindex(b"PK\x05\x06")
    more = len(name) - 1
    local = packed[:26] + struct.pack("<H", len(name)) + packed[28:30] + name + packed[31:at]
    entry = (
        packed[at : at + 28]
        + struct.pack("<H", len(name))
        + packed[at + 30 : at + 46]
        + name
        + packed[at + 47 : end]
    )
    size, offset = struct.unpack("<II", packed[end + 12 : end + 20])
    tail = packed[end : end + 12] + struct.pack("<II", size + more, offset + more) + packed[end + 20 :]
    return local + entry + tail


XLSX = (
    *map(
        _parts,
        (
            cell_of_text,
            cell_of_number,
            cell_of_formula,
            cell_of_odd_kind,
            cell_figure_changed,
            cell_moved,
            row_moved,
            row_dropped,
            row_doubled,
            dimension_claimed,
            many_wide_rows,
            strings_swapped,
            string_changed,
            cells_merged,
            sheet_renamed,
            sheet_hidden,
            entities,
            nested_deeply,
            part_dropped,
            part_spoilt,
            part_cut,
            part_named_badly,
            link_outside,
        ),
    ),
    bomb,
)
