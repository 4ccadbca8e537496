"""Visitors of ill will at a served page: no way in, no way out, nothing run that is not ours, nobody kept waiting."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.attack.server import REPO, Server, Visitor, served

pytestmark = pytest.mark.attack

EXAMPLE = REPO / "results" / "example"
OWN = "20260101T000000Z-0123abcd"
SCRIPT = "<script>alert(1)</script>"
SECRET = "the secret of another folder"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    root = tmp_path_factory.mktemp("attack")
    (root / "secret.csv").write_text(SECRET, encoding="utf-8")
    (root / "secret").mkdir()
    (root / "secret" / "run.json").write_text(json.dumps({"secret": SECRET}), encoding="utf-8")
    shutil.copytree(EXAMPLE, root / "results" / "web" / OWN)
    with served(root / "results") as running:
        with Visitor(running) as first:
            first.get("/")  # cases are read once: what follows is answered in time on a busy machine too
        yield running


@pytest.fixture
def visitor(server: Server) -> Iterator[Visitor]:
    with Visitor(server) as client:
        yield client


def raw_get(server: Server, path: str) -> bytes:
    """A path as it is, which no client library tidies up."""
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: close\r\n\r\n"
    return server.raw(head.encode("utf-8", errors="surrogateescape"))


STEPS = [
    "../",
    "..%2f",
    "%2e%2e/",
    "%2e%2e%2f",
    "..%5c",
    "..\\",
    "%252e%252e%252f",
    "....//",
    "..%c0%af",
    "/",
]
GOALS = ["secret.csv", "secret/run.json", "etc/passwd", "secret.csv%00.csv", "pyproject.toml"]
PLACES = [
    "/runs/{}",
    "/runs/{}/report",
    "/runs/{}/tables/provision.csv",
    f"/runs/{OWN}/tables/{{}}.csv",
    f"/runs/{OWN}/{{}}",
    "/static/{}",
    "/compare?run={}&run=" + OWN,
    "/values?case={}&package=wide_area",
    "/values?case=iwate-2022&package={}",
    f"/runs/{OWN}/town?code={{}}",
    "/runs/{}/trace",
    "/runs/{}/trace.xlsx?code=03201",
    f"/runs/{OWN}/trace?code={{}}",
    f"/runs/{OWN}/trace.xlsx?code={{}}",
    "/runs/{}/plan",
    "/runs/{}/workbench",
    "/runs/{}/delete",
    f"/runs/{OWN}/analyses/{{}}",
    f"/runs/{OWN}/analyses/{{}}/report",
    f"/runs/{OWN}/analyses/{{}}/tables/plans.csv",
    "/workbench?case={}&package=wide_area",
    "/workbench/map.json?case={}",
    "/workbench/map.json?case=iwate-2022&prefecture={}",
    "/workbench?case=iwate-2022&package={}",
    "/workbench?case=iwate-2022&prefecture={}",
]


@pytest.mark.parametrize("place", PLACES)
def test_no_path_leads_out(server: Server, place: str) -> None:
    for step, goal, depth in product(STEPS, GOALS, (1, 2, 3, 6)):
        answer = raw_get(server, place.format(step * depth + goal))
        head = answer.split(b"\r\n", 1)[0]
        assert SECRET.encode() not in answer and b"root:x:" not in answer, (place, step, goal)
        assert b" 500" not in head and head.startswith(b"HTTP/1.1 "), (place, step, goal, head)
        if "town" not in place:
            assert b" 200" not in head, (place, step, goal, head)


@pytest.mark.parametrize(
    "name",
    [
        "x" * 5000,
        "%00",
        "%0d%0aSet-Cookie:%20a=b",
        "%ff%fe",
        "🗾",
        "a/b/c",
        "CON",
        ".jobs",
        "-rf",
        "%25",
        "~",
    ],
)
def test_odd_names_are_no_runs(server: Server, name: str) -> None:
    for path in (f"/runs/{name}", f"/runs/{OWN}/tables/{name}.csv", f"/static/{name}"):
        answer = raw_get(server, path)
        head, _, rest = answer.partition(b"\r\n\r\n")
        assert head.split(b"\r\n")[0].split(b" ")[1] in (b"404", b"400"), (path, head)
        assert b"set-cookie: a=b" not in head.lower() and b"Traceback" not in rest


def test_only_this_machine_is_listened_to(server: Server) -> None:
    """No address but loopback has the port, and no name but ours is answered."""
    own = socket.gethostbyname_ex(socket.gethostname())[2]
    for address in {a for a in own if not a.startswith("127.")}:
        with pytest.raises(OSError):
            socket.create_connection((address, server.port), timeout=2).close()
    for host in (
        "evil.example",
        f"127.0.0.1.evil.example:{server.port}",
        "0.0.0.0",
        "192.0.2.7",
        "",
        "[::1",
        "a b",
    ):
        answer = server.raw(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 400"), host
    twice = server.raw(
        f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nHost: evil.example\r\nConnection: close\r\n\r\n".encode()
    )
    assert twice.startswith(b"HTTP/1.1 400")


def test_another_site_cannot_start_or_cancel_a_run(server: Server, visitor: Visitor) -> None:
    order = {"case": "iwate-2022", "package": "wide_area"}
    running = visitor.send_form("/", {"case": "japan-2022", "package": "role_division", "gap": "0"}).headers[
        "location"
    ]
    token = visitor.csrf()
    ours = server.address
    foreign: list[dict[str, str]] = [
        {"origin": "http://evil.example", "sec-fetch-site": "cross-site"},
        {"origin": "null", "sec-fetch-site": "cross-site"},
        {"origin": "http://evil.example"},
        {"origin": f"http://127.0.0.1:{server.port + 1}", "sec-fetch-site": "same-site"},
        {"origin": f"http://localhost.evil.example:{server.port}"},
        {"referer": f"{ours}/"},
        {},
    ]
    for path, fields, headers in product(("/", f"{running}/cancel"), (order, {}), foreign):
        answer = visitor.post(path, data={"csrf": token, **fields}, headers=headers)
        assert answer.status_code == 403, (path, headers)
    same = {"origin": ours, "sec-fetch-site": "same-origin"}
    for wrong in ("", "x", "0" * 64, token[:-1], token.upper() + "x"):
        assert visitor.post("/", data={"csrf": wrong, **order}, headers=same).status_code == 403
    for kind in ("text/plain", "application/json", "multipart/form-data; boundary=x"):
        body = json.dumps({"csrf": token, **order})
        assert visitor.post("/", content=body, headers={**same, "content-type": kind}).status_code == 415
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"):
        assert visitor.request(method, "/", headers=same).status_code == 405
    for path in ("/?do=run&case=iwate-2022&package=wide_area", f"{running}/cancel"):
        visitor.get(path)
    with Visitor(server) as other:
        assert other.send_form(f"{running}/cancel", {}).status_code == 403
    assert visitor.get(f"{running}/progress").json()["state"] == "running"
    text = visitor.get("/runs").text
    assert text.count('class="state running"') == 1 and 'class="state queued"' not in text
    assert visitor.send_form(f"{running}/cancel", {}).status_code == 303


def test_what_is_typed_comes_back_as_text(visitor: Visitor) -> None:
    for value in (
        SCRIPT,
        '"><img src=x onerror=alert(1)>',
        "{{7*7}}",
        "${7*7}",
        "javascript:alert(1)",
        "'-alert(1)-'",
    ):
        fields = {
            "case": "iwate-2022",
            "package": "wide_area",
            "set:equity.adequacy_floor": value,
            "gap": value,
        }
        texts = [
            visitor.send_form("/?lang=en", fields).text,
            visitor.get(
                f"/?case={quote(value)}&package={quote(value)}&set:equity.adequacy_floor={quote(value)}"
            ).text,
            visitor.get(f"/runs/{OWN}/town?q={quote(value)}").text,
            visitor.get(f"/runs/{OWN}/trace?q={quote(value)}").text,
            visitor.get(f"/runs/{OWN}/trace?code={quote(value)}").text,
            visitor.get(f"/runs/{quote(value, safe='')}").text,
            visitor.get(f"/compare?run={quote(value)}&run={OWN}").text,
        ]
        for text in texts:
            assert SCRIPT not in text and "<img src=x" not in text and "49" not in text.split(value)[0][-3:]
            assert 'href="javascript:' not in text
    for path in (
        "/",
        "/runs",
        f"/runs/{OWN}",
        f"/runs/{OWN}/report",
        "/about",
        "/nowhere",
        "/static/page.css",
    ):
        headers = visitor.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy or "default-src 'none'" in policy
        assert "unsafe-inline" not in policy.split("style-src")[0] and "unsafe-eval" not in policy
        assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"] == "DENY"


def test_nobody_is_sent_elsewhere(visitor: Visitor) -> None:
    for path in (
        "//evil.example",
        "/\\evil.example",
        "/%2f%2fevil.example",
        "/?lang=en&next=http://evil.example",
    ):
        place = visitor.get(path).headers.get("location", "/")
        assert place.startswith("/") and not place.startswith(("//", "/\\")), (path, place)


CANARY = "the canary flew"


def runs_of(visitor: Visitor) -> set[str]:
    return set(re.findall(r'href="(/runs/[\w-]+)"', visitor.get("/runs").text))


def test_nothing_in_a_package_or_a_run_is_executed(server: Server, tmp_path: Path) -> None:
    """Code, formulas and templates in every text of a package: they come out as the text they are."""
    flown = tmp_path / "flown"
    python = f"__import__('pathlib').Path({str(flown)!r}).write_text({CANARY!r})"
    texts = [
        python,
        f"{{{{ {python} }}}}",
        f"$(touch {flown})",
        f"`touch {flown}`",
        f"!!python/object/apply:os.system ['touch {flown}']",
        f"=cmd|'/C touch {flown}'!A1",
        f"@SUM(1+1)*cmd|' /C touch {flown}'!A0",
        SCRIPT,
    ]
    with Visitor(server) as visitor:
        seen = runs_of(visitor)
    for number, text in enumerate(texts):
        name = f"canary_{number}"
        package = tmp_path / f"{name}.toml"
        quoted = json.dumps(text)
        package.write_text(
            f'[package]\nname = "{name}"\ntitle = {quoted}\ntitle_ja = {quoted}\nauthor = {quoted}\n'
            f'source = {quoted}\nreading = {quoted}\ndate = 2026-01-01\nbaseline = "status_quo"\n'
            f'extends = ["wide_area"]\n[[provision]]\nnumber = 1\ntext = {quoted}\ntext_ja = {quoted}\n'
            '[provision.settings]\n"equity.adequacy_floor" = 0.9\n',
            encoding="utf-8",
        )
        run = server.results / f"run_{name}"
        for words in (
            ["run", package, "--case", "inputs/iwate-2022", "--out", run],
            ["report", run],
            ["export", run, "--out", tmp_path / f"{name}.xlsx"],
        ):
            done = subprocess.run(
                [sys.executable, "solve.py", *map(str, words)],
                cwd=REPO,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert done.returncode == 0, done.stderr
        page = (run / "report.html").read_text(encoding="utf-8")
        assert SCRIPT not in page
        with Visitor(server) as visitor:
            identity = (runs_of(visitor) - seen).pop()
            seen.add(identity)
            for path in (
                identity,
                f"{identity}/report",
                f"{identity}/package.toml",
                f"{identity}/tables/changes.csv",
            ):
                answer = visitor.get(path)
                assert answer.status_code in (200, 404), path
                if answer.headers["content-type"].startswith("text/html"):
                    assert SCRIPT not in answer.text
        assert_no_formula(tmp_path / f"{name}.xlsx")
    assert not flown.exists()


def assert_no_formula(path: Path) -> None:
    import openpyxl

    book = openpyxl.load_workbook(path)
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds


def test_the_slow_keep_nobody_waiting(server: Server) -> None:
    """Two hundred who send a byte a second, in the head or in the form; the page answers others, and gives them up."""
    address = ("127.0.0.1", server.port)
    before = server.open_files()
    head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nOrigin: {server.address}\r\n"
    form = f"{head}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\ncsrf="
    slow = [socket.create_connection(address, timeout=5) for _ in range(200)]
    try:
        for number, line in enumerate(slow):
            line.sendall((head if number % 2 else form).encode())
        quickest, open_now = [], []
        end = time.monotonic() + 14.0
        while time.monotonic() < end:
            begun = time.perf_counter()
            with Visitor(server) as visitor:
                assert visitor.get("/about").status_code == 200
            quickest.append(time.perf_counter() - begun)
            open_now.append(server.open_files())
            for line in slow:
                try:
                    line.sendall(b"x")
                except OSError:
                    continue
            time.sleep(1.0)
        assert max(open_now) >= before + 200
        assert max(quickest) < 2.0, quickest
        assert server.open_files() < before + 20
    finally:
        for line in slow:
            line.close()


def test_large_and_broken_requests(server: Server) -> None:
    host = f"Host: 127.0.0.1:{server.port}\r\n"
    form = f"Origin: {server.address}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    memory = server.memory_mb()
    huge = b"csrf=" + b"y" * 20_000_000
    start = f"POST / HTTP/1.1\r\n{host}{form}Content-Length: {len(huge)}\r\nConnection: close\r\n\r\n"
    answer = server.raw(start.encode() + huge[:1_000_000])
    assert answer.startswith(b"HTTP/1.1 413")
    assert server.memory_mb() < memory + 50
    for broken in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET " + b"/" * 200_000 + b" HTTP/1.1\r\n" + host.encode() + b"\r\n",
        b"GET / HTTP/1.1\r\n" + host.encode() + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + host.encode() + b"Content-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\n"
        + host.encode()
        + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\nzz\r\n",
        b"GET /\r\nX: y HTTP/1.1\r\n\r\n",
    ):
        answer = server.raw(broken, seconds=12.0)
        assert answer == b"" or answer.split(b" ")[1][:1] == b"4", (broken[:60], answer[:80])
    with Visitor(server) as visitor:
        assert visitor.get("/").status_code == 200


def test_others_need_the_token(tmp_path: Path) -> None:
    with served(tmp_path / "results", "0.0.0.0") as server:
        assert len(server.token) >= 32
        with Visitor(server) as visitor:
            for path in (
                "/",
                "/runs",
                "/static/page.css",
                f"/?token={server.token[:-1]}",
                "/?token=",
                "/?token[]=x",
            ):
                assert visitor.get(path).status_code == 403, path
            assert visitor.post("/", data={"token": server.token}).status_code == 403
            assert (
                visitor.get(
                    "/", headers={"cookie": f"optimization-{server.port}-key={server.token}"}
                ).status_code
                == 403
            )
            assert visitor.get("/", headers={"authorization": f"Bearer {server.token}"}).status_code == 403
            entered = visitor.get(f"/?token={server.token}")
            assert entered.status_code == 303 and server.token not in str(entered.headers)
            assert visitor.get("/").status_code == 200
            assert server.token not in visitor.get("/").text
        with Visitor(server) as stranger:
            assert stranger.get("/").status_code == 403


def test_the_workbench_and_its_api_run_and_read_nothing_of_others(visitor: Visitor) -> None:
    for text in (SCRIPT, "../secret", "../../etc/passwd", "x" * 5_000):
        answer = visitor.get(f"/workbench?case={quote(text)}&package={quote(text)}")
        assert (
            answer.status_code in (404, 414, 431) and SCRIPT not in answer.text and SECRET not in answer.text
        )
        question = {"case": text, "package": text, "tiers": {text: text}, "settings": {text: text}}
        for asked in (
            question,
            {**question, "case": "iwate-2022"},
            {"case": "iwate-2022", "tiers": {text: text}},
        ):
            for address, more in (
                ("/api/apply", {"layers": [text]}),
                ("/api/town", {"code": text}),
                ("/api/range", {}),
            ):
                answer = visitor.post(address, json={**asked, **more})
                assert answer.status_code == 422 and SECRET not in answer.text
                assert answer.headers["content-type"].startswith("application/json")
    plain, foreign = {"content-type": "application/json"}, {"origin": "http://evil.example"}
    for address in ("/api/apply", "/api/town", "/api/range"):
        assert visitor.post(address, content="[" * 200_000, headers=plain).status_code == 400
        assert visitor.post(address, content="{}", headers={**plain, **foreign}).status_code == 403
