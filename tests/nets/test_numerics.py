"""Named keys and the precision of a run."""

import jax
import jax.numpy as jnp
import pytest

from renorm.nets import numerics


def bits(key):
    return tuple(jax.random.key_data(key).tolist())


def test_keys_differ_by_seed_name_and_run():
    keys = {bits(numerics.named_key(s, n, r)) for s in (0, 1) for n in ("weights", "lanczos") for r in (0, 1)}
    assert len(keys) == 8


def test_a_key_does_not_depend_on_the_batch_it_is_made_in():
    together = jax.vmap(lambda run: jax.random.key_data(numerics.named_key(3, "weights", run)))(jnp.arange(4))
    assert tuple(together[2].tolist()) == bits(numerics.named_key(3, "weights", 2))


@pytest.mark.parametrize(("gamma", "dtype"), [(1e-2, "float32"), (9e-3, "float64")])
def test_small_gamma_is_double_and_the_setting_is_restored(gamma, dtype):
    with numerics.precision(gamma):
        assert jnp.ones(2).dtype == dtype
    assert jnp.ones(2).dtype == "float32"


def test_double_stays_double_for_a_user_who_asked_for_it(x64):
    with numerics.precision(1.0):
        assert jnp.ones(2).dtype == "float64"
