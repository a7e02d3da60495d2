"""The library behind *Scaling and Renormalization: an executable book*.

Two wings, one hall: :mod:`renorm.theory` predicts (NumPy, float64), :mod:`renorm.simulate` measures by
Monte Carlo, and :mod:`renorm.report` gives a chapter its profile, its figure style and the ledger of claims.
"""

__version__ = "0.1.0"
