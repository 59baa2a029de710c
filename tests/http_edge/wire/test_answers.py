"""What every answer has: CORS, security headers, names for logs; and the description of all routes."""

import json
import time
import uuid
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from http_edge import mobile, web
from http_edge.about import system
from http_edge.about.metrics import Metrics
from http_edge.commands import bodies
from http_edge.routing.routes import AnyRow
from http_edge.wire.connections import Bounds, Connections
from stores.logs.lines import Lines
from tests.http_edge.conftest import World
from tests.http_edge.requests import BODIES, ROUTES, path_of

ORIGIN = "http://localhost:3000"
SYSTEM = system.rows("", (), Metrics("tests", Connections(Bounds(), time.monotonic), Lines()))
GATEWAYS: dict[str, tuple[AnyRow, ...]] = {
    "web": (*web.ROUTES, *SYSTEM), "mobile": (*mobile.ROUTES, *web.operations.ROUTES, *SYSTEM),
}  # fmt: skip


async def openapi_of(edge: World, gateway: str) -> Any:
    port = edge.port if gateway == "web" else edge.mobile_port
    async with edge.http.get(f"http://127.0.0.1:{port}/openapi.json") as answer:
        return await answer.json()


@pytest.mark.parametrize("row", ROUTES, ids=lambda row: row.name)
async def test_a_preflight_allows_what_clients_send(edge: World, row: AnyRow):
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": row.method}
    said = await edge.client().call("OPTIONS", path_of(row), **asked)
    assert said.status == 204
    assert said.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert said.headers["Access-Control-Allow-Credentials"] == "true"
    assert row.method in said.headers["Access-Control-Allow-Methods"].split(", ")
    allowed = said.headers["Access-Control-Allow-Headers"].lower().split(", ")
    wanted = {"authorization", "content-type", "idempotency-key", "last-event-id", "if-none-match", "traceparent"}
    assert wanted <= set(allowed)


@pytest.mark.parametrize("path", ["/nothing/like/this", "/restaurants/%zz"])
async def test_a_page_sees_what_is_wrong_with_its_path(edge: World, path: str):
    """A browser sends the request only where its preflight is answered well."""
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
    before, said = [await edge.client().call(method, path, **asked) for method in ("OPTIONS", "GET")]
    assert before.status == 204 and before.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert said.status in (400, 404) and said.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert (await edge.client().call("OPTIONS", "/nothing/like/this")).status == 404, "who only asks is told"


@pytest.mark.parametrize("row", ROUTES, ids=lambda row: row.name)
async def test_cors_and_security_headers_stand_on_errors_too(edge: World, row: AnyRow):
    said = await edge.client().call(row.method, path_of(row), raw=b"{", Origin=ORIGIN)
    found = said.headers
    assert found["Access-Control-Allow-Origin"] == ORIGIN
    assert found["Access-Control-Expose-Headers"] == "Location, Retry-After, ETag, Link"
    assert found["Vary"] == "Origin"
    assert found["X-Content-Type-Options"] == "nosniff"
    assert "Python" not in found["Server"]


async def test_unknown_origins_are_not_allowed(edge: World):
    for origin in ("http://evil.example", "null", "http://localhost:3000.evil.example"):
        said = await edge.client().call("GET", "/auth/health", Origin=origin)
        assert "Access-Control-Allow-Origin" not in said.headers
        assert said.headers["Vary"] == "Origin"


async def test_head_is_get_without_a_body(edge: World):
    got, head = [await edge.client().call(method, "/auth/health") for method in ("GET", "HEAD")]
    assert (head.status, head.raw) == (200, b"")
    assert head.headers["Content-Length"] == str(len(got.raw))


async def test_a_failure_of_ours_tells_nothing_and_is_logged(edge: World, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise RuntimeError("the password is 1234")

    monkeypatch.setattr(bodies, "decode", broken)
    said = await edge.client(str(uuid.uuid4())).call("POST", "/carts/add", BODIES["POST /carts/add"], Origin=ORIGIN)
    assert (said.status, said.problem["code"]) == (500, "internal_error")
    assert b"1234" not in said.raw and said.headers["Access-Control-Allow-Origin"] == ORIGIN


async def test_the_access_log_has_a_line_a_request_and_no_paths(edge: World):
    secret = uuid.uuid4().hex
    said = await edge.client().call("GET", f"/meals/{secret}?token={secret}", X_Correlation_Id="from-a-client-1")
    assert said.headers["X-Correlation-Id"] == "from-a-client-1"
    while not any(b"from-a-client-1" in line for line in edge.log):
        await edge.client().call("GET", "/auth/health")
    line = next(line for lines in edge.log for line in lines.splitlines() if b"from-a-client-1" in line)
    assert secret.encode() not in line
    assert (json.loads(line)["route"], json.loads(line)["status"]) == ("/meals/{id}", 404)


async def test_health_metrics_and_keys(edge: World):
    client = edge.client()
    assert (await client.call("GET", "/health/live")).status == 200
    assert (await client.call("GET", "/health/ready")).json["ready"] is True
    await edge.redis.delete("views:ready:basket")
    said = await client.call("GET", "/health/ready")
    assert (said.status, said.json["views"]["views:ready:basket"]) == (503, False)
    assert said.json["lacks"] == ["view basket"]
    metrics = (await client.call("GET", "/metrics")).raw.decode()
    assert 'lezzet_edge_requests_total{route="/health/ready",status="503"}' in metrics
    assert 'lezzet_edge_request_seconds_bucket{le="+Inf",route="/health/live"}' in metrics
    (key,) = (await client.call("GET", "/.well-known/jwks.json")).json["keys"]
    assert (key["kty"], key["crv"], key["alg"]) == ("OKP", "Ed25519", "EdDSA")


@pytest.mark.parametrize("gateway", GATEWAYS)
async def test_openapi_names_every_route_and_its_schemas_are_sound(edge: World, gateway: str):
    openapi = await openapi_of(edge, gateway)
    assert openapi["openapi"] == "3.1.0"
    operations = [each for methods in openapi["paths"].values() for each in methods.values()]
    assert len({each.get("operationId") for each in operations}) == len(operations)
    for row in GATEWAYS[gateway]:
        described = openapi["paths"][row.path.rstrip("/") or "/"][row.method.lower()]
        assert str(row.success) in described["responses"]
        assert {each["name"] for each in described.get("parameters", ()) if each["in"] == "path"} == set(row.parameters)
    schemas = openapi["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    text = json.dumps(openapi)
    for name in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in schemas


@pytest.mark.parametrize("gateway", GATEWAYS)
async def test_the_example_bodies_are_what_openapi_describes(edge: World, gateway: str):
    openapi = await openapi_of(edge, gateway)
    for row in GATEWAYS[gateway]:
        if row.name in BODIES:
            described = openapi["paths"][row.path.rstrip("/")][row.method.lower()]["requestBody"]
            schema = described["content"]["application/json"]["schema"] | {"components": openapi["components"]}
            Draft202012Validator(schema).validate(BODIES[row.name])


async def test_the_bare_address_shows_the_page_and_a_wrong_one_leads_there(edge: World):
    assert (await edge.client().call("GET", "/")).raw == (await edge.client().call("GET", "/docs")).raw
    said = await edge.client().call("GET", "/cart/get")
    assert (said.status, said.problem["code"]) == (404, "not_found")
    assert "/docs" in said.problem["detail"]


async def test_the_page_needs_nothing_from_elsewhere(edge: World):
    for path, kind in (
        ("/", "text/html"),
        ("/docs", "text/html"),
        ("/docs/docs.js", "text/javascript"),
        ("/docs/docs.css", "text/css"),
    ):
        said = await edge.client().call("GET", path)
        assert said.headers["Content-Type"].startswith(kind)
        assert b"http://" not in said.raw and b"https://" not in said.raw
        assert b"<script>" not in said.raw and b"style=" not in said.raw
        assert "script-src 'self'" in said.headers["Content-Security-Policy"]
