"""Alert rules and boards are made of metrics that there are; their page is the table. What running processes tell:
tests/journeys/engineers/test_metrics.py."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.layout.folders import CHECKOUT
from stores.metrics import METRICS, help_of, page

HERE = CHECKOUT / "infra" / "monitoring"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((HERE / "alerts.yml").read_text())["groups"] for rule in group["rules"]
]
BOARDS = sorted(HERE.glob("board_*.json"))
NOT_DRAWN = {"lezzet_edge_info", "lezzet_timers_out_of_date_total", "lezzet_forwarded_total", "lezzet_held_back_total",
             "lezzet_log_lines_refused_total"}  # fmt: skip
"""Nothing to do when they move, or another metric says it first."""


def named(expression: str) -> set[str]:
    """The metrics of a PromQL expression, as the table names them: without the parts of histograms."""
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"\blezzet_\w+", expression)}


def drawn(board: Path) -> set[str]:
    panels = json.loads(board.read_text())["panels"]
    return {name for panel in panels for target in panel["targets"] for name in named(target["expr"])}


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_a_rule_names_metrics_of_the_table_and_says_what_to_do(rule: dict[str, Any]) -> None:
    assert named(rule["expr"]) <= METRICS.keys()
    assert named(rule["expr"]) or rule["expr"].startswith("up{")
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"].keys() == {"summary", "do"}
    assert rule["expr"].count("(") == rule["expr"].count(")")


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.stem)
def test_a_board_draws_metrics_of_the_table_and_says_what_they_mean(board: Path) -> None:
    assert drawn(board) <= METRICS.keys()
    panels = json.loads(board.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        for name in (name for target in panel["targets"] for name in named(target["expr"])):
            assert help_of(name) in panel["description"], f"{panel['title']}: as in stores/metrics.py"


def test_every_metric_is_on_a_board() -> None:
    assert METRICS.keys() - {name for board in BOARDS for name in drawn(board)} == NOT_DRAWN


def test_the_page_of_the_metrics_is_current() -> None:
    assert (CHECKOUT / "docs" / "metrics.md").read_text() == page(), "run `python -m stores.metrics > docs/metrics.md`"


def test_prometheus_is_shown_the_rules() -> None:
    example = yaml.safe_load((HERE / "prometheus.yml").read_text())
    assert example["rule_files"] == ["alerts.yml"]
    assert all(job["job_name"].startswith("lezzet-") for job in example["scrape_configs"])
