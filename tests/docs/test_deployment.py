"""docs/deployment.md: its settings and units are such that the processes start with them."""

import configparser
import importlib.util
import re

import pytest

from infra.layout.folders import CHECKOUT
from stores.settings import load
from tests.docs.test_docs import READ_BY_SETTINGS

PAGE = (CHECKOUT / "docs" / "deployment.md").read_text()
UNITS = dict(re.findall(r"```ini (\S+)\n(.*?)```", PAGE, re.DOTALL))
SETTINGS = dict(re.findall(r"```sh (\S+\.env)\n(.*?)```", PAGE, re.DOTALL))
KNOWN = set(READ_BY_SETTINGS.findall((CHECKOUT / "stores" / "settings.py").read_text()))


def environment(name: str) -> dict[str, str]:
    lines = [re.fullmatch(r"([A-Z_]+)='([^']*)'", line) for line in SETTINGS[name].splitlines()]
    assert all(lines), "a line without quotes means something else to a shell"
    return {line[1]: line[2].replace("…", "secret") for line in lines if line is not None}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_are_taken_as_they_stand(name: str):
    said = environment(name)
    assert set(said) <= KNOWN
    load(said)


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_runs_a_program_of_ours_with_settings_of_the_page(name: str):
    unit = configparser.RawConfigParser(strict=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(UNITS[name])
    service = unit["Service"]
    program = re.fullmatch(r"/opt/lezzet/\.venv/bin/python -m (\S+)", service["ExecStart"])
    assert program is not None and importlib.util.find_spec(f"{program[1]}.__main__") is not None
    assert service["EnvironmentFile"].removeprefix("/etc/lezzet/") in SETTINGS
    assert service.get("Environment", "LOG_LEVEL=info").partition("=")[0] in KNOWN


def test_an_edge_is_given_what_it_needs_to_end_in_peace():
    stop = re.search(r"TimeoutStopSec=(\d+)", UNITS["lezzet-edge.service"])
    assert stop is not None and int(stop[1]) > int(environment("edge.env")["EDGE_DRAIN_SECONDS"]) + 10
