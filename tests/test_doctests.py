"""Every example in a docstring of the library runs and prints what it says."""

import doctest
import importlib
import pkgutil

import pytest

import renorm

_MODULES = [module.name for module in pkgutil.walk_packages(renorm.__path__, "renorm.")]


@pytest.mark.parametrize("name", ["renorm", *_MODULES])
def test_examples(name):
    results = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert results.failed == 0
