"""Refusals before settings are read."""

import errno
import os
import shutil
import tempfile
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from kefu_project.preflight import LEAST_FREE_BYTES, Refusal, check_data_dir, check_python, default_data_dir

Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize("version", [(3, 10, 13), (2, 7, 18)])
def test_old_python_is_refused_with_both_versions(version: tuple[int, ...]) -> None:
    with pytest.raises(Refusal, match=rf"3\.11 or newer .* this is {version[0]}\.{version[1]}"):
        check_python(version)


def test_this_python_and_newer_ones_are_fine() -> None:
    check_python((3, 11, 0))
    check_python((3, 14, 2))


def test_full_disk_is_refused_by_its_free_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 10**9, LEAST_FREE_BYTES - 1))
    with pytest.raises(Refusal, match="is full"):
        check_data_dir(tmp_path)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_full_disk_is_refused_by_a_write_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def full(**_: Any) -> None:
        raise OSError(code, "no space")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(Refusal, match="is full"):
        check_data_dir(tmp_path)


def test_folder_without_rights_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(**_: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", denied)
    with pytest.raises(Refusal, match="cannot be written: Permission denied"):
        check_data_dir(tmp_path)


def test_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    check_data_dir(tmp_path / "new" / "data")
    assert (tmp_path / "new" / "data").stat().st_mode & 0o777 == 0o700


def test_data_folder_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KEFU_DATA_DIR", str(tmp_path))
    assert default_data_dir() == tmp_path
    monkeypatch.delenv("KEFU_DATA_DIR")
    assert default_data_dir().name == "var"


def test_what_a_killed_server_left_is_dropped_after_a_day(tmp_path: Path) -> None:
    check_data_dir(tmp_path)
    old, new = tmp_path / "tmp" / "old.upload", tmp_path / "tmp" / "new.upload"
    for left in (old, new):
        left.write_bytes(b"half a file")
    os.utime(old, (0, 0))
    check_data_dir(tmp_path)
    assert (old.exists(), new.exists()) == (False, True)
