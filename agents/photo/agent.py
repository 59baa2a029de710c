"""The wiring of photo."""

from agents.photo import policy
from agents.photo.collecting import Collector
from agents.photo.decider import DECIDER
from agents.photo.effect import Inspector
from agents.photo.facts import MEALS
from agents.photo.projection import PHOTO
from agents.photo.workshop import AT_ONCE, Workshop
from agents.runtime.runtime import Runtime
from stores.mongo.connection import connect
from stores.mongo.photos import Photos
from topics.contracts import catalog_events, photo_commands, photo_events
from topics.contracts.photo_events import PhotoAccepted, PhotoAdded, PhotoRefused
from topics.copies import RESTAURANTS

CONNECTIONS = 8  # two checks and the collector, and what they write side by side


def register(runtime: Runtime) -> None:
    photos = Photos(connect(runtime.settings.mongo, "photo", size=CONNECTIONS))
    inspector = Inspector(photos, Workshop())
    runtime.decide(photo_commands.TOPIC, DECIDER, emits=photo_events.TOPIC, react=policy.react)
    runtime.intake(catalog_events.TOPIC, policy.remove_frame)
    runtime.project(RESTAURANTS)
    runtime.project(MEALS)
    runtime.project(PHOTO)
    checked = (PhotoAdded, PhotoAccepted, PhotoRefused)
    runtime.effect(photo_events.TOPIC, checked, inspector.perform, concurrency=AT_ONCE)
    runtime.sweep(Collector(photos, runtime.store).round)
