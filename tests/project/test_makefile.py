"""The commands people type first, without a network: what they refuse and what they leave alone."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.support.server import ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt", "requirements-models.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_old_python_is_one_sentence(checkout: Path) -> None:
    old = script(checkout / "old-python", "exit 1")
    done = make(checkout, "run", f"PYTHON={old}")
    assert done.returncode != 0
    sentences = [line for line in done.stderr.splitlines() if line.startswith("kefu: ")]
    assert sentences == [f"kefu: Python 3.11 or newer is needed, {old} is older; set PYTHON to a newer one."]
    assert not (checkout / ".venv").exists()


def test_missing_venv_module_names_the_package(checkout: Path) -> None:
    bare = script(checkout / "bare-python", '[ "$1" = -c ]')
    done = make(checkout, "run", f"PYTHON={bare}")
    assert done.returncode != 0
    assert "apt-get install python3-venv" in done.stderr


def test_unchanged_lists_install_nothing(checkout: Path) -> None:
    called = checkout / "called"
    script(checkout / ".venv/bin/python", f"echo $* >> {called}")
    shutil.copy(checkout / "requirements.txt", checkout / ".venv/installed.txt")
    shutil.copy(checkout / "requirements-models.txt", checkout / ".venv/installed-models.txt")
    assert make(checkout, "installed").returncode == 0
    assert not called.exists()
    with (checkout / "requirements.txt").open("a") as file:
        file.write("another==1.0\n")
    assert make(checkout, "installed").returncode == 0
    assert "install" in called.read_text()
    called.unlink()
    assert make(checkout, "installed").returncode == 0
    assert not called.exists()


def test_failed_install_is_tried_again(checkout: Path) -> None:
    script(checkout / ".venv/bin/python", "exit 1")
    assert make(checkout, "installed").returncode != 0
    assert not (checkout / ".venv/installed.txt").exists()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_one_exact_version(name: str) -> None:
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith("#")]
    assert len(lines) > 40
    for line in lines:
        assert re.fullmatch(r"[a-z0-9.-]+==[0-9][A-Za-z0-9.+]*", line), line


def test_every_direct_dependency_is_pinned_in_its_range() -> None:
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name, wanted in (
        ("requirements.txt", project["dependencies"]),
        ("requirements-dev.txt", [*project["dependencies"], *project["optional-dependencies"]["dev"]]),
    ):
        lines = (ROOT / name).read_text().splitlines()
        pinned = dict(line.split("==") for line in lines if "==" in line)
        for text in wanted:
            requirement = Requirement(text)
            version = pinned[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(version), (name, text, version)
