# SPDX-License-Identifier: GPL-2.0-or-later
"""The tests here need the spans of system.conf beside this file: scripts/dahdi-vm has them."""

import os
import shutil
from pathlib import Path

import pytest

from harness import dahdi
from harness.process import run


def pytest_collection(session):
    if not Path("/dev/dahdi/ctl").exists():
        pytest.exit("no DAHDI driver here: run scripts/check --vm, or these tests by scripts/dahdi-vm", 2)


@pytest.fixture(scope="session")
def installed_spans():
    return dahdi.spans()


@pytest.fixture(autouse=True)
def restored_spans(installed_spans):
    """A test finds the spans of system.conf, whatever the one before did to the driver."""
    if dahdi.spans() != installed_spans:
        run("modprobe", "dahdi", "auto_assign_spans=1")
        dahdi.destroy_spans()
        run("dahdi_cfg", seconds=60)
    assert dahdi.spans() == installed_spans


@pytest.fixture
def folder(folder, request):
    """What the folder of a failed test has in it goes to the host."""
    yield folder
    results = os.environ.get("SIPSPAN_RESULTS")
    if request.node.failed and results:
        kept = Path(results) / "test-runs" / folder.name
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(folder, kept, ignore=lambda of, names: [
            name for name in names if not (Path(of, name).is_file() or Path(of, name).is_dir())
        ])
