"""The administrator's credential: made once, readable by its owner only, never half."""

import stat
import threading

import pytest

from linarite.access.administrator import (
    ADMINISTRATOR_TOKEN_FILE,
    Administrator,
    administrator_token,
    rotate_administrator_token,
)


def test_credential_is_made_on_first_use_and_stays(tmp_path):
    token = administrator_token(tmp_path)
    assert len(token) >= 43  # 256 bits in Base64
    assert administrator_token(tmp_path) == token
    assert (tmp_path / ADMINISTRATOR_TOKEN_FILE).read_text().strip() == token


def test_every_folder_has_its_own(tmp_path):
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
    assert len(set(map(administrator_token, folders))) == 2


def test_only_the_owner_can_read_it_and_nothing_else_is_left(tmp_path):
    administrator_token(tmp_path)
    [file] = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_credential_that_an_operator_wrote_is_taken(tmp_path):
    (tmp_path / ADMINISTRATOR_TOKEN_FILE).write_text("chosen\n")
    assert administrator_token(tmp_path) == "chosen"


@pytest.mark.parametrize("content", ["", "\n"])
def test_empty_file_lets_nobody_in(tmp_path, content):
    (tmp_path / ADMINISTRATOR_TOKEN_FILE).write_text(content)
    with pytest.raises(ValueError, match="got an empty file") as refused:
        administrator_token(tmp_path)
    assert str(tmp_path / ADMINISTRATOR_TOKEN_FILE) in str(refused.value)


def test_draft_of_a_process_that_ended_too_early_does_no_harm(tmp_path):
    for number in range(3):
        (tmp_path / f"{ADMINISTRATOR_TOKEN_FILE}.{number}").write_text("half a tok")
    assert administrator_token(tmp_path) == administrator_token(tmp_path) != "half a tok"


def test_those_who_start_together_agree(tmp_path):
    tokens, barrier = [], threading.Barrier(8)

    def ask():
        barrier.wait()
        tokens.append(administrator_token(tmp_path))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tokens) == 8
    assert len(set(tokens)) == 1


# Rotation


def test_rotated_credential_replaces_the_old_one_at_once(tmp_path):
    administrator = Administrator(tmp_path)
    old = administrator_token(tmp_path)
    assert administrator.holds(old)
    new = rotate_administrator_token(tmp_path)
    assert administrator.holds(new)
    assert not administrator.holds(old)
    assert stat.S_IMODE((tmp_path / ADMINISTRATOR_TOKEN_FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [None, "", "\n", "\xff"])
def test_credential_that_has_gone_opens_nothing(tmp_path, content):
    administrator = Administrator(tmp_path)
    file = tmp_path / ADMINISTRATOR_TOKEN_FILE
    file.unlink()
    if content is not None:
        file.write_text(content, "latin-1")
    assert not administrator.holds("")
    assert not administrator.holds("\xff")


@pytest.mark.parametrize("token", ["", " ", "\u20ac", "\xe4", "x" * 100_000])
def test_text_that_is_no_credential_is_none(tmp_path, token):
    assert not Administrator(tmp_path).holds(token)
