"""Settings by profile."""

import pytest

from renorm.report.profile import PROFILES, settings

_TABLE = {"smoke": {"draws": 2}, "laptop": {"draws": 50, "size": 100}}


@pytest.mark.parametrize(
    ("profile", "draws", "size"), [("smoke", 2, 100), ("laptop", 50, 100), ("gpu", 50, 400)]
)
def test_profiles_override_laptop(shown, profile, draws, size):
    chosen = settings(profile, **_TABLE, gpu={"size": 400})
    assert (chosen.draws, chosen.size) == (draws, size)


def test_gpu_defaults_to_laptop(shown):
    assert settings("gpu", **_TABLE) == settings("laptop", **_TABLE)


def test_shows_one_table_with_every_profile(shown):
    settings("smoke", **_TABLE)
    ((bundle, _),) = shown
    assert bundle["text/html"].count("<tr>") == 1 + 2
    assert all(profile in bundle["text/html"] for profile in PROFILES)
    assert "this run: smoke" in bundle["text/html"]


def test_refuses_an_unknown_profile():
    with pytest.raises(ValueError, match="profile is 'huge'; allowed are smoke, laptop, gpu"):
        settings("huge", **_TABLE)


def test_refuses_a_setting_without_laptop_value():
    with pytest.raises(ValueError, match="gpu sets width, which laptop lacks; allowed are draws, size"):
        settings("laptop", **_TABLE, gpu={"width": 7})
