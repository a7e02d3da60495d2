"""The code that the README and the page for engineers show runs as it stands."""

import re
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]


def snippets(page):
    return re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), flags=re.S)


@pytest.mark.parametrize("page", ["README.md", "book/one_formula.md"])
def test_snippets_run(page):
    assert snippets(page)
    for code in snippets(page):
        exec(code, {})


def test_one_formula_is_five_lines_and_more_data_helps():
    (code,) = snippets("book/one_formula.md")
    scope = {}
    exec(code, scope)
    assert len([line for line in code.splitlines() if line.strip()]) <= 5
    assert (np.diff(scope["curve"].test) < 0).all()
