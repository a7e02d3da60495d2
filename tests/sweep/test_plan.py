"""Plans: which shards there are, in which order, under which names."""

import numpy as np
import pytest

from renorm.sweep import Plan, seeds


def measure(width, seed, rate):
    return None


def other(width, seed, rate):
    return width


GRID = {"seed": (0, 1), "width": (8, 16), "rate": (0.1, 0.3)}


def plan(**change):
    return Plan(**{"name": "toy", "measure": measure, "grid": GRID, "vector": ("rate",)} | change)


def keys(plan):
    return {shard.key for shard in plan.shards}


def test_a_shard_for_each_combination_of_scalars():
    shards = plan().shards
    assert [str(shard) for shard in shards] == [
        f"seed={seed}, width={width}" for seed in (0, 1) for width in (8, 16)
    ]
    assert [shard.index for shard in shards] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert all(np.array_equal(shard.vectors["rate"], [0.1, 0.3]) for shard in shards)


def test_shapes_vary_slowest():
    shards = plan(shapes=("width",)).shards
    assert [shard.scalars["width"] for shard in shards] == [8, 8, 16, 16]
    assert [shard.index for shard in shards] == [(0, 0), (1, 0), (0, 1), (1, 1)]
    assert keys(plan(shapes=("width",))) == keys(plan())


def test_a_name_depends_on_values_and_code_and_on_nothing_else():
    assert keys(plan()) == keys(plan(name="another", grid=GRID | {"rate": np.array([0.1, 0.3])}))
    assert len(keys(plan())) == 4
    assert len(keys(plan()) & keys(plan(grid=GRID | {"width": (8, 32)}))) == 2
    assert not keys(plan()) & keys(plan(grid=GRID | {"rate": (0.1, 0.4)}))
    assert not keys(plan()) & keys(plan(measure=other))


def test_only_vectors_make_one_shard():
    (shard,) = plan(vector=tuple(GRID)).shards
    assert (shard.index, str(shard)) == ((), "the only shard")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"grid": {"width": ()}}, "grid\\['width'\\] is \\(\\)"),
        ({"grid": {"width": (8, 8)}}, "distinct numbers"),
        ({"grid": {"width": (None,)}}, "distinct numbers, strings or bools"),
        ({"grid": {"width": [(1, 2)]}}, "look them up in measure"),
        ({"vector": ("depth",)}, "vector is \\('depth',\\); allowed is a tuple of seed, width, rate"),
        ({"shapes": ("depth",)}, "shapes is"),
    ],
)
def test_refuses(change, message):
    with pytest.raises(ValueError, match=message):
        plan(vector=(), **change) if "grid" in change else plan(**change)


def test_seeds_are_folded_by_name_and_index():
    assert seeds("weights", 5)[:3] == seeds("weights", 3)
    drawn = [*seeds("weights", 50), *seeds("data", 50), *seeds("weights", 50, root=1)]
    assert len(set(drawn)) == 150
    assert all(0 <= seed < 2**31 for seed in drawn)
    assert np.std(np.array(drawn) / 2**31) == pytest.approx(12**-0.5, rel=0.15)
