"""Effects are claimed before they are tried and ended after: who may try, and what is a repetition."""

import pytest

from stores.errors import Conflict
from stores.protocol import DomainStore, Source
from tests.stores.contract.stage import HERE, THERE, Stage

OTHER_GROUP = Source("another.effect", HERE.topic, HERE.partition)


async def test_a_first_try_is_no_repetition_and_what_has_ended_is_not_tried(store: DomainStore) -> None:
    assert await store.begin_effects(HERE, 0, ["1", "2"]) == {"1": False, "2": False}
    await store.end_effects(HERE, ["1"], [])
    assert await store.begin_effects(HERE, 0, ["1", "2", "3"]) == {"2": True, "3": False}


async def test_all_ended_is_an_empty_answer_not_a_conflict(store: DomainStore) -> None:
    await store.begin_effects(HERE, 0, ["1"])
    await store.end_effects(HERE, ["1"], [])
    assert await store.begin_effects(HERE, 0, ["1"]) == {}


async def test_who_holds_an_older_epoch_begins_nothing(stage: Stage) -> None:
    epoch = (await stage.other.open(HERE, 0)).epoch
    with pytest.raises(Conflict):
        await stage.one.begin_effects(HERE, epoch - 1, ["1"])
    assert await stage.other.begin_effects(HERE, epoch, ["1"]) == {"1": False}, "the zombie left no trace"


async def test_a_new_owner_is_told_what_was_in_flight(stage: Stage) -> None:
    await stage.one.begin_effects(HERE, 0, ["1"])
    epoch = (await stage.other.open(HERE, 0)).epoch
    assert await stage.other.begin_effects(HERE, epoch, ["1"]) == {"1": True}


async def test_partitions_have_epochs_of_their_own_and_groups_effects_of_their_own(store: DomainStore) -> None:
    await store.open(HERE, 0)
    assert await store.begin_effects(THERE, 0, ["1"]) == {"1": False}
    await store.open(OTHER_GROUP, 0)
    assert await store.begin_effects(OTHER_GROUP, 0, ["1"]) == {"1": False}
