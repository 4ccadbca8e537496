"""Reports on the page: each brings all it needs, and the browser is told to load and run nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from optimization.dictionary.results import Language
from optimization.web.once import once


@once(4)
def report_of(
    folder: Path, case: Path, language: Language, _: str, __: str, studies: tuple[Path, ...] = ()
) -> tuple[str, str]:
    """The report of a run and the policy under which a browser shows it: no network, its own scripts by their hash."""
    from optimization.report.page import render_report

    html = render_report(folder, case, studies, language)
    return html, policy_of(html)


def policy_of(html: str) -> str:
    """The policy of a page that brings all it needs: no network, its own scripts by their hash."""
    scripts = re.findall(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", html, re.DOTALL)
    hashes = {base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts}
    allowed = " ".join(f"'sha256-{value}'" for value in sorted(hashes)) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; font-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
