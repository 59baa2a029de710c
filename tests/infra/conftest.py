"""A data folder and a supervisor of a test's own."""

import tempfile
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
import pytest_asyncio

from infra.layout.folders import DataFolder
from infra.supervision.supervisor import Supervisor


@pytest.fixture
def data() -> Generator[DataFolder]:
    with tempfile.TemporaryDirectory(prefix="lezzet-infra-") as folder:
        made = DataFolder(Path(folder))
        made.make()
        yield made


@pytest_asyncio.fixture
async def supervisor(data: DataFolder) -> AsyncGenerator[Supervisor]:
    made = Supervisor(data, lambda line: None)
    await made.open()
    yield made
    await made.close()
