"""Private files: rights, whole writes, one writer at a time."""

import stat
import subprocess
import sys

import pytest

from linarite.private_files import exclusive_access, make_private_folder, write_private_file


def test_a_folder_that_others_could_enter_is_closed_to_them(tmp_path):
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)

    make_private_folder(folder)
    made = make_private_folder(tmp_path / "new" / "inner")

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(made.stat().st_mode) == 0o700


def test_a_file_is_private_and_replaced_whole(tmp_path):
    file = tmp_path / "key"
    file.write_bytes(b"old")
    file.chmod(0o644)

    write_private_file(file, b"new")

    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_write_that_fails_leaves_the_old_content_and_nothing_else(tmp_path):
    file = tmp_path / "key"
    file.write_bytes(b"old")

    with pytest.raises(TypeError):
        write_private_file(file, "text")

    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_another_process_waits_for_exclusive_access(tmp_path):
    program = (
        "import sys; from pathlib import Path; from linarite.private_files import exclusive_access\n"
        "print('asking', flush=True)\n"
        "with exclusive_access(Path(sys.argv[1])): print((Path(sys.argv[1]) / 'note').read_text())"
    )
    with exclusive_access(tmp_path):
        other = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert other.stdout is not None
        assert other.stdout.readline() == "asking\n"
        (tmp_path / "note").write_text("written by the first")

    with other:
        assert other.stdout.read() == "written by the first\n"
