"""Values of files that others replace."""

import logging

import pytest

from linarite.access.watched_file import WatchedFile
from linarite.private_files import write_private_file


def parse(content: bytes) -> int:
    return int(content)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "number"


def test_value_is_what_the_file_says_now(path):
    file = WatchedFile(path, parse, 0)
    for number in (1, 2, 3):
        write_private_file(path, str(number).encode())
        assert file.value == file.value == number


def test_missing_file_has_the_value_for_that(path):
    file = WatchedFile(path, parse, 0)
    assert file.value == 0
    write_private_file(path, b"1")
    assert file.value == 1
    path.unlink()
    assert file.value == 0


def test_file_is_read_once_as_long_as_it_stays(path):
    write_private_file(path, b"1")
    read = []
    file = WatchedFile(path, lambda content: read.append(content), None)
    for _ in range(3):
        assert file.value is None
    assert read == [b"1"]


def test_invalid_file_counts_as_missing_and_is_told_once(path, caplog):
    file = WatchedFile(path, parse, 0)
    write_private_file(path, b"1")
    assert file.value == 1
    write_private_file(path, b"no number")
    with caplog.at_level(logging.ERROR):
        assert file.value == file.value == 0
    assert [record.message for record in caplog.records] == ["file not valid"]
