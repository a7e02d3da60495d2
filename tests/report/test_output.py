"""Bundles, glue, and the scalars that they take."""

import numpy as np
import pytest

from renorm.report.output import emit, glue, number


def test_prints_outside_a_notebook(capsys):
    emit({"text/plain": "words", "text/html": "<b>words</b>"})
    assert capsys.readouterr().out == "words\n"


@pytest.mark.parametrize("value", [1.5, 3, "words", True])
def test_glue_is_that_of_myst_nb(shown, monkeypatch, value):
    myst_glue = pytest.importorskip("myst_nb").glue
    theirs = []
    monkeypatch.setattr(
        "myst_nb.ext.glue.ipy_display", lambda data, *, raw, metadata: theirs.append((data, metadata))
    )
    monkeypatch.setattr(
        "IPython.core.formatters.format_display_data", lambda value: ({"text/plain": repr(value)}, {})
    )
    myst_glue("chapter-key", value, display=False)
    glue("chapter-key", value)
    ((bundle, metadata),) = shown
    del bundle["text/plain"]
    assert [(bundle, metadata)] == theirs


@pytest.mark.parametrize("scalar", [np.float32(0.5), np.array(0.5), 0.5])
def test_number_scalars(scalar):
    assert number(scalar, "measured") == 0.5
    assert type(number(scalar, "measured")) is float


def test_number_keeps_bools():
    assert number(np.bool_(True), "measured") is True


@pytest.mark.parametrize("value", [None, "2.0", [1.0], np.ones(2), 1j])
def test_number_refuses_other_types(value):
    with pytest.raises(ValueError, match=r"measured is .* allowed are a bool, an int, a float"):
        number(value, "measured")


@pytest.mark.parametrize("value", [float("nan"), np.float64("inf")])
def test_number_refuses_what_is_not_finite(value):
    with pytest.raises(ValueError, match="it must be finite"):
        number(value, "measured")
