"""What every test shares: the annotations are checked, and an int is a number wherever a float is."""

import beartype

# jaxtyping's import hook takes the checker of pyproject.toml from here; it must be set before renorm loads.
beartype.beartype = beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))
