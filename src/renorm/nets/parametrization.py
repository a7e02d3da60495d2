"""How width enters: scale, multiplier and learning rate of every weight, in one explicit object."""

from dataclasses import dataclass
from math import sqrt


@dataclass(frozen=True)
class Layer:
    """One weight array, as the parametrisation sees it.

    Attributes:
        shape: of the array; inputs before outputs, (height, width, in, out) for a convolution.
        fan_in: number of terms summed by one output (1 for a table that is looked up).
        readout: whether it makes the output of the network.
        branches: number of residual branches of its network, where it sits on one; 1 elsewhere.
    """

    shape: tuple[int, ...]
    fan_in: int
    readout: bool = False
    branches: int = 1


@dataclass(frozen=True)
class Parametrization:
    r"""muP (mean field), NTK or standard: what weights are drawn from, multiplied by and trained at.

    A layer computes :math:`h = m\,W x`, :math:`W_{ij}\sim\mathcal N(0,s^2)`, and moves at ``rate * eta``.
    With n its fan-in, N the width of the network, and the output of the network
    :math:`f=(\tilde f-\tilde f_0)/\gamma`:

    ============  ===================  ===================  ===================
    \             ``"mup"``            ``"ntk"``            ``"standard"``
    ============  ===================  ===================  ===================
    s             1                    1                    :math:`n^{-1/2}`
    m             :math:`n^{-1/2}`     :math:`n^{-1/2}`     1
    m, readout    :math:`n^{-1}`       :math:`n^{-1/2}`     1
    SGD           N                    1                    1
    Adam          :math:`n^{-1/2}`     :math:`(nN)^{-1/2}`  1
    readout       1                    :math:`N^{-1/2}`     1
    ============  ===================  ===================  ===================

    So ``"ntk"`` is ``"mup"`` at :math:`\gamma=\gamma_0/\sqrt N` and :math:`\eta_0/N` (SGD) or
    :math:`\eta_0/\sqrt N` (Adam). The Adam rates of muP move every preactivation, and gamma f, by about eta
    whatever the width. Momentum has the rates of SGD. On a residual branch muP and NTK also divide by the
    square root of the number of branches (depth-muP, arXiv 2309.16620).

    Attributes:
        scheme: ``"mup"``, ``"ntk"`` or ``"standard"``.
        centred: whether the output at initialisation is subtracted.

    Raises:
        ValueError: unknown scheme.

    Example:
        >>> hidden = Layer(shape=(64, 64), fan_in=64)
        >>> mup = Parametrization("mup")
        >>> mup.std(hidden), mup.multiplier(hidden), mup.rate(hidden, 64, "adam")
        (1.0, 0.125, 0.125)

    Source: arXiv 2410.04642 for muP with gamma; arXiv 2203.03466 for the rates of Adam.
    """

    scheme: str = "mup"
    centred: bool = True

    def __post_init__(self):
        if self.scheme not in ("mup", "ntk", "standard"):
            raise ValueError(f"scheme={self.scheme!r} is unknown; choose 'mup', 'ntk' or 'standard'")

    def std(self, layer: Layer) -> float:
        """Standard deviation of the entries at initialisation."""
        return 1 / sqrt(layer.fan_in) if self.scheme == "standard" else 1.0

    def multiplier(self, layer: Layer) -> float:
        """The factor in front of the layer's product."""
        if self.scheme == "standard":
            return 1.0
        if layer.readout and self.scheme == "mup":
            return 1 / layer.fan_in
        return 1 / sqrt(layer.fan_in)

    def branch(self, branches: int) -> float:
        """The factor in front of each of ``branches`` residual branches."""
        return 1.0 if self.scheme == "standard" else 1 / sqrt(branches)

    def attention(self, head: int) -> float:
        """The factor in front of the product of a query and a key of size ``head``."""
        return 1 / head if self.scheme == "mup" else 1 / sqrt(head)

    def rate(self, layer: Layer, width: int, optimizer: str = "sgd") -> float:
        """The learning rate of a layer, in units of the global rate eta."""
        if self.scheme == "standard":
            return 1.0
        if optimizer != "adam":
            return float(width) if self.scheme == "mup" else 1.0
        mup = 1.0 if layer.readout else 1 / sqrt(layer.fan_in * layer.branches)
        return mup if self.scheme == "mup" else mup / sqrt(width)
