"""The brief as a document that an office program opens; needs the extra `brief` (python-docx)."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from optimization.report.brief import Block, Brief
from optimization.report.language import speaker

if TYPE_CHECKING:  # a part that may not be installed
    from docx.document import Document

FONTS: Final = {"en": "Calibri", "ja": "Yu Gothic"}
WIDTH, HEIGHT, EDGE = 21.0, 29.7, 1.5
"""An A4 page and its margins, centimetres."""

SIZE: Final = 9.0
"""Points of the text: what two pages hold."""

WRITTEN = datetime(2020, 1, 1, tzinfo=UTC)
"""Time of every document: when it was written says nothing of its run."""


def brief_document(brief: Brief) -> bytes:
    """The document. Raises ModuleNotFoundError where python-docx is not installed."""
    import docx
    from docx.shared import Cm, Pt

    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(WIDTH), Cm(HEIGHT)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(EDGE)
    _style(document, brief, Pt)
    document.add_heading(brief.title, level=1)
    document.add_paragraph(brief.about)
    for block in brief.blocks:
        _add(document, block, brief)
    document.add_heading(speaker(brief.language)("brief_check"), level=2)
    for sentence in brief.check:
        document.add_paragraph(sentence)
    document.core_properties.title = brief.title
    document.core_properties.author = ""
    document.core_properties.created = document.core_properties.modified = WRITTEN
    target = io.BytesIO()
    document.save(target)
    return _without_the_hour(target)


def _without_the_hour(saved: io.BytesIO) -> bytes:
    """The document with one time for all its parts, so that two of one run are the same to the byte."""
    target = io.BytesIO()
    with zipfile.ZipFile(saved) as before, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as after:
        for part in before.infolist():
            after.writestr(
                zipfile.ZipInfo(part.filename, WRITTEN.timetuple()[:6]),
                before.read(part),
                zipfile.ZIP_DEFLATED,
            )
    return target.getvalue()


def _style(document: Document, brief: Brief, points: Any) -> None:
    """One font and tight lines throughout."""
    from docx.oxml.ns import qn
    from docx.shared import RGBColor

    for name, size in (("Normal", SIZE), ("Heading 1", 14.0), ("Heading 2", 10.5), ("List Bullet", SIZE)):
        style: Any = document.styles[name]
        style.font.name, style.font.size = FONTS[brief.language], points(size)
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), FONTS["ja"])
        style.font.color.rgb = RGBColor(0x1B, 0x1F, 0x24)
        space = style.paragraph_format
        space.space_before, space.space_after = points(6 if name == "Heading 2" else 0), points(2)
        space.line_spacing = 1.0


def _add(document: Document, block: Block, brief: Brief) -> None:
    """A heading with what stands under it."""
    document.add_heading(block.heading, level=2)
    for sentence in block.text:
        document.add_paragraph(sentence)
    for label, texts in block.points:
        colon = "：" if brief.language == "ja" else ": "
        paragraph = document.add_paragraph()
        paragraph.add_run(f"{label}{colon}").bold = True
        if len(texts) == 1:
            paragraph.add_run(texts[0])
            continue
        for text in texts:
            document.add_paragraph(text, style="List Bullet")
    if block.rows:
        unit = speaker(brief.language).unit
        if len(block.heads) > 2:
            document.add_paragraph(f"({unit})" if brief.language == "en" else f"（{unit}）")
        table = document.add_table(rows=0, cols=len(block.heads))
        table.style = "Light Grid Accent 1"
        for row in (block.heads, *block.rows):
            cells = table.add_row().cells
            for cell, text in zip(cells, row, strict=True):
                cell.text = text
