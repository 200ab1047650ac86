"""The built wheel holds all that VOX needs, and works where there is no checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as `uv build` builds it."""
    uv = shutil.which("uv") or os.environ.get("UV")
    if uv is None:
        pytest.skip("uv is not on the path")
    folder = tmp_path_factory.mktemp("dist")
    built = subprocess.run(
        [uv, "build", "--wheel", "--out-dir", str(folder), str(ROOT)], capture_output=True, text=True
    )
    if built.returncode != 0 and "CI" not in os.environ and "Failed to fetch" in built.stderr:
        pytest.skip("the build tool (hatchling) is not here and cannot be fetched")
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("vox-*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's contents and nothing else: a wheel is a zip file to be unpacked."""
    folder = tmp_path_factory.mktemp("site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def in_the_installed(installed: Path, code: str) -> str:
    """What ``code`` prints, run elsewhere with the unpacked package and this environment's libraries."""
    search = os.pathsep.join([str(installed), sysconfig.get_path("purelib")])
    done = subprocess.run(
        # -S leaves out the environment's own .pth files, one of which points at the checkout.
        [sys.executable, "-S", "-c", code],
        cwd=installed.parent,
        env={**os.environ, "PYTHONPATH": search},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_file_of_the_page_is_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("static", "templates"):
        for file in (ROOT / folder).rglob("*"):
            if file.is_file():
                assert f"app/{file.relative_to(ROOT).as_posix()}" in names


def test_every_module_is_in_the_wheel_and_no_test(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {p.relative_to(ROOT).as_posix() for p in (ROOT / "app").rglob("*.py")} <= names
    assert [name for name in names if name.startswith(("tests/", "benchmarks/"))] == []


def test_it_serves_its_page_without_the_checkout(installed: Path) -> None:
    printed = in_the_installed(
        installed,
        "import app; print(app.__file__)\n"
        "client = app.create_app().test_client()\n"
        "for path in ('/', '/static/vox.js', '/static/vox.css', '/api/status'):\n"
        "    print(client.get(path).status_code)\n",
    ).split()
    assert Path(printed[0]).is_relative_to(installed)
    assert printed[1:] == ["200"] * 4


def test_its_command_runs_without_the_checkout(installed: Path) -> None:
    assert "127.0.0.1" in in_the_installed(installed, "from app.cli import main; main(['config'])")
