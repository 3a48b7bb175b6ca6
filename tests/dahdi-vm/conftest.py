# SPDX-License-Identifier: GPL-2.0-or-later
"""The tests here need the spans of system.conf beside this file: scripts/dahdi-vm has them."""

import os
import shutil
from pathlib import Path

import pytest


def pytest_collection(session):
    if not Path("/dev/dahdi/ctl").exists():
        pytest.exit("no DAHDI driver here: run scripts/check --vm, or these tests by scripts/dahdi-vm", 2)


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
