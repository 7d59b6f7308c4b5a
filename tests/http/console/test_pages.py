"""The page itself: its files, its headers, and what stands there when it is not built."""

import gzip
from pathlib import Path

import pytest
from tests.http.console.conftest import Browser
from tests.running_server import running_server

INDEX = b"<!doctype html><title>Linarite</title>"


@pytest.fixture
def built(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_bytes(INDEX)
    (folder / "assets" / "index-Ab3_xY-9.js").write_bytes(b"export {};" * 100)
    (folder / "assets" / "logo.svg").write_bytes(b"<svg/>")
    (folder / "notes.exe").write_bytes(b"MZ")
    (tmp_path / "secret.js").write_bytes(b"secret")
    monkeypatch.setattr("linarite.http.console.assembly.built_page", lambda: folder)
    return folder


async def get(server, path, **headers):
    return await Browser(server).request("GET", path, own=False, headers=headers)


async def test_the_page_is_at_the_root(tmp_path, built):
    async with running_server(tmp_path) as server:
        answer = await get(server, "/")
        assert (answer.status, answer.body) == (200, INDEX)
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-cache"


async def test_no_other_scripts_and_no_frames(tmp_path, built):
    async with running_server(tmp_path) as server:
        for path in ("/", "/console/assets/index-Ab3_xY-9.js", "/console/none.js"):
            headers = (await get(server, path)).headers
            policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
            assert policy["default-src"] == "'none'"
            assert policy["script-src"] == policy["style-src"] == "'self'"
            assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
            assert "unsafe" not in headers["Content-Security-Policy"]
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["X-Frame-Options"] == "DENY"
            assert headers["Referrer-Policy"] == "no-referrer"


async def test_files_with_a_hash_in_their_names_are_kept_for_ever(tmp_path, built):
    async with running_server(tmp_path) as server:
        script = await get(server, "/console/assets/index-Ab3_xY-9.js")
        assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert script.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        picture = await get(server, "/console/assets/logo.svg")
        assert (picture.headers["Content-Type"], picture.headers["Cache-Control"]) == ("image/svg+xml", "no-cache")


async def test_texts_are_compressed_for_those_who_take_it(tmp_path, built):
    async with running_server(tmp_path) as server:
        server._session._auto_decompress = False
        answer = await get(server, "/console/assets/index-Ab3_xY-9.js", **{"Accept-Encoding": "gzip, br"})
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(answer.body) == b"export {};" * 100
        plain = await get(server, "/console/assets/index-Ab3_xY-9.js", **{"Accept-Encoding": "identity"})
        assert "Content-Encoding" not in plain.headers
        assert plain.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path",
    [
        "/console/none.js",
        "/console/../secret.js",
        "/console/%2e%2e/secret.js",
        "/console/..%2fsecret.js",
        "/console/assets/..%2f..%2fsecret.js",
        "/console//etc/hosts.txt",
        "/console/notes.exe",
        "/console/assets",
        "/console/a%00.js",
        "/console/" + "a" * 5000 + ".js",
    ],
)
async def test_nothing_else_is_served(tmp_path, built, path):
    async with running_server(tmp_path) as server:
        answer = await get(server, path)
        assert answer.status == 404
        assert b"secret" not in answer.body


async def test_a_checkout_that_has_not_built_it_says_how(tmp_path, monkeypatch):
    monkeypatch.setattr("linarite.http.console.assembly.built_page", lambda: tmp_path / "none")
    async with running_server(tmp_path) as server:
        answer = await get(server, "/")
        assert answer.status == 503
        assert b"make console" in answer.body


async def test_the_page_is_not_shown_at_a_foreign_name(tmp_path, built):
    async with running_server(tmp_path) as server:
        answer = await get(server, "/", Host="evil.example")
        assert answer.status == 421
        assert "public_endpoint" in answer.json()["error"]["message"]
