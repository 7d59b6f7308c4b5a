"""The banner: what a developer needs for the first connection."""

from pathlib import Path

from linarite.cli.banner import BannerFacts, banner


def test_the_banner_of_a_development_server_tells_everything():
    text = banner(
        BannerFacts(
            version="1.2.3",
            mode="dev",
            endpoints=["http://localhost:8080", "https://localhost:8443"],
            connection_strings=[
                "Endpoint=http://localhost:8080;AccessKey=k;Version=1.0;",
                "Endpoint=https://localhost:8443;AccessKey=k;Version=1.0;",
            ],
            authority=Path("/data folder/certificates/authority.pem"),
            bundle=Path("/data folder/certificates/bundle.pem"),
            health_url="http://localhost:8080/api/health",
            data_folder=Path("/data folder"),
        )
    )

    lines = [line.strip() for line in text.splitlines()]
    assert lines[0] == "Linarite 1.2.3 (dev) is ready"
    for expected in (
        "http://localhost:8080",
        "https://localhost:8443",
        "Endpoint=http://localhost:8080;AccessKey=k;Version=1.0;",
        "Endpoint=https://localhost:8443;AccessKey=k;Version=1.0;",
        "NODE_EXTRA_CA_CERTS='/data folder/certificates/authority.pem'",
        "REQUESTS_CA_BUNDLE='/data folder/certificates/bundle.pem'",
        "Health       http://localhost:8080/api/health",
        "Data folder  /data folder",
    ):
        assert expected in lines
    assert "eval \"$(linarite ca --export --data-folder '/data folder')\"" in text


def test_commands_for_the_default_data_folder_need_not_name_it(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    text = banner(
        BannerFacts(
            version="1.2.3",
            mode="dev",
            endpoints=["https://localhost:8443"],
            authority=tmp_path / ".linarite" / "certificates" / "authority.pem",
            health_url="https://localhost:8443/api/health",
            data_folder=tmp_path / ".linarite",
        )
    )

    assert 'eval "$(linarite ca --export)"' in text


def test_the_banner_of_a_production_server_has_neither_keys_nor_authority():
    text = banner(
        BannerFacts(
            version="1.2.3",
            mode="serve",
            endpoints=["https://0.0.0.0:8443"],
            health_url="https://localhost:8443/api/health",
            data_folder=Path("/data"),
        )
    )

    assert "AccessKey" not in text
    assert "Connection strings" not in text
    assert "CA" not in text
