"""A report as a question to Elasticsearch, and its answer as a report. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from agents.analytics.reasons import UNANSWERED
from topics.deciding.days import Days
from topics.documents.analytics import (
    MOST_MEALS,
    MOST_REASONS,
    Acceptance,
    HourFigures,
    MealFigures,
    ReasonFigures,
    Report,
    Seconds,
)

_PERCENTS = (50, 90, 95, 99)
_ENDS = ("cancelled", "rejected", "expired")
_EACH_INDEX = 1_000  # meals that each day tells of, so that what is sold most in all of them is found exactly

Buckets = Sequence[Mapping[str, Any]]


def asked(restaurant_id: str, days: Days) -> dict[str, Any]:
    """The body of the search."""
    within = {"gte": days.begin.isoformat(), "lt": days.end.isoformat()}
    return {
        "size": 0,
        "track_total_hits": False,
        "query": {"bool": {"filter": [{"term": {"restaurant_id": restaurant_id}}, {"range": {"at": within}}]}},
        "aggs": {
            "hours": {
                "date_histogram": {
                    "field": "at",
                    "calendar_interval": "hour",
                    "time_zone": days.time_zone,
                    "format": "yyyy-MM-dd'T'HH:mm:ssXXX",
                    "min_doc_count": 1,
                },
                "aggs": {"placed": _of("placed"), "sold": _of("sold", _TOTAL), "refunded": _of("refunded", _TOTAL)},
            },
            "accepted": _of(
                "accepted", {"seconds": {"percentiles": {"field": "seconds", "percents": list(_PERCENTS)}}}
            ),
            "sold": _of("sold", {"meals": {"nested": {"path": "meals"}, "aggs": {"each": _MEALS}}}),
            "ended": {
                "filter": {"terms": {"event": list(_ENDS)}},
                "aggs": {"each": _REASONS},
            },
        },
    }


def _of(event: str, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"filter": {"term": {"event": event}}, **({"aggs": more} if more else {})}


_TOTAL = {"total": {"sum": {"field": "total"}}}
_MEALS = {
    "terms": {"field": "meals.meal_id", "size": MOST_MEALS, "shard_size": _EACH_INDEX, "order": {"quantity": "desc"}},
    "aggs": {
        "quantity": {"sum": {"field": "meals.quantity"}},
        "revenue": {"sum": {"field": "meals.total"}},
        "name": {"terms": {"field": "meals.name", "size": 1}},
    },
}
_REASONS = {
    "terms": {"field": "event", "size": len(_ENDS)},
    "aggs": {
        "by": {
            "terms": {"field": "by", "size": MOST_REASONS},
            "aggs": {"reason": {"terms": {"field": "reason", "size": MOST_REASONS}}},
        }
    },
}


def report_of(restaurant_id: str, days: Days, found: Mapping[str, Any], missing: str | None) -> Report:
    """found: the server's answer; without aggregations where there is no index of these days. missing: what is not in it."""
    said = cast(Mapping[str, Any], found.get("aggregations") or {})
    hours = [_hour(each) for each in _buckets(said.get("hours"))]
    reasons = sorted(_reasons(said), key=lambda each: (-each.orders, each.ended, each.by, each.reason))
    rejected = sum(each.orders for each in reasons if each.ended == "rejected" and each.by != "system")
    accepted = said.get("accepted", {})
    return Report(
        restaurant_id=restaurant_id,
        first=days.first,
        last=days.last,
        time_zone=days.time_zone,
        orders=sum(each.orders for each in hours),
        sold=sum(each.sold for each in hours),
        revenue=sum(each.revenue for each in hours),
        refunded=sum(each.refunded for each in hours),
        hours=tuple(each for each in hours if each.orders or each.sold),
        acceptance=Acceptance(
            accepted=accepted.get("doc_count", 0),
            rejected=rejected,
            expired=sum(each.orders for each in reasons if each.reason == UNANSWERED),
            seconds=_seconds(accepted),
        ),
        meals=tuple(map(_meal, _buckets(said.get("sold", {}).get("meals", {}).get("each")))),
        reasons=tuple(each for end in _ENDS for each in [r for r in reasons if r.ended == end][:MOST_REASONS]),
        complete=missing is None,
        note=missing,
    )


def _buckets(found: Any) -> Buckets:
    return cast(Buckets, (found or {}).get("buckets", ()))


def _hour(bucket: Mapping[str, Any]) -> HourFigures:
    """A refund stands in the hour of its sale, so revenue is less than nothing only where documents are missing."""
    sold, refunded = bucket["sold"], round(bucket["refunded"]["total"]["value"])
    return HourFigures(
        hour=datetime.fromisoformat(bucket["key_as_string"]),
        orders=bucket["placed"]["doc_count"],
        sold=sold["doc_count"],
        revenue=max(0, round(sold["total"]["value"]) - refunded),
        refunded=refunded,
    )


def _seconds(accepted: Mapping[str, Any]) -> Seconds | None:
    values: Mapping[str, float | None] = accepted["seconds"]["values"] if accepted else {}
    found = {f"p{percent}": values.get(f"{percent:.1f}") for percent in _PERCENTS}
    known = {name: round(value, 1) for name, value in found.items() if value is not None}
    return Seconds(**known) if known else None


def _meal(bucket: Mapping[str, Any]) -> MealFigures:
    names = _buckets(bucket["name"])
    return MealFigures(
        meal_id=bucket["key"],
        name=names[0]["key"] if names else "",
        quantity=round(bucket["quantity"]["value"]),
        revenue=round(bucket["revenue"]["value"]),
    )


def _reasons(said: Mapping[str, Any]) -> Iterator[ReasonFigures]:
    for ended in _buckets(said.get("ended", {}).get("each")):
        for by in _buckets(ended["by"]):
            for reason in _buckets(by["reason"]):
                yield ReasonFigures(ended=ended["key"], by=by["key"], reason=reason["key"], orders=reason["doc_count"])
