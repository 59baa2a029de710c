"""The benches of load, orders and idling measure and report. Their bars are for a quiet machine and not asked for here."""

import re

import msgspec

from infra.bench.commands.load_report import Load
from infra.bench.runtime.idle import Idle
from tests.infra.bench.test_benches import bench


async def test_load_reports_both_sides_for_each_count_of_connections():
    load = msgspec.json.decode(await bench("load", "--short", "--json", "--partitions", "6"), type=Load)
    assert (load.partitions, load.unchanging, load.wrong) == (6, False, [])
    assert [point.connections for point in load.points] == [1, 4]
    for point in load.points:
        assert list(point.cpu_ms) == ["edge", "agents", "postgres", "kafka", "redis", "redis-baskets"]
        assert point.cpu_ms["edge"] > 0 and point.cpu_ms["agents"] > 0
        for side in (point.ours, point.straight):
            assert side.requests_per_s > 0
            assert 0 < side.p50_ms <= side.p99_ms
    assert [bar.what for bar in load.bars] == [
        "p99/p50 at 1", "p99/p50 at 4", "requests/s at 4", "ours/straight at 4",
    ]  # fmt: skip


async def test_load_of_adds_that_change_nothing_changes_nothing():
    load = msgspec.json.decode(await bench("load", "--short", "--json", "--unchanging"), type=Load)
    assert (load.partitions, load.unchanging, load.wrong) == (4, True, [])
    assert [bar.what for bar in load.bars] == ["p99/p50 at 1", "p99/p50 at 4", "requests/s at 4"]


async def test_idle_reports_the_share_of_a_core():
    idle = msgspec.json.decode(await bench("idle", "--short", "--json"), type=Idle)
    assert list(idle.percent) == ["agents", "postgres", "kafka", "redis"]
    assert 0 < idle.percent["agents"] < 100
    assert idle.held == (idle.percent["agents"] <= idle.wanted)
    assert idle.seconds >= 2.0


async def test_each_order_comes_to_the_kitchen_and_its_cost_is_told():
    said = await bench("order", "--short")
    assert re.search(r"^ +4 +(?:[1-9]|0\.[1-9])", said, re.MULTILINE), said
    assert "CPU of an order with 4 connections" in said
