"""Norms that look at neighbouring channels of a position, or at one number by itself."""

import torch
from torch import nn

from standardized import AffineNorm, moments, per_channel, positions


class ActNorm(AffineNorm):
    """gamma and beta begin so that the first batch comes out with mean 0 and variance 1."""

    def __init__(self, channels, options):
        super().__init__(channels, options, eps=1e-6)
        self.register_buffer("initialized", torch.zeros(1))

    def forward(self, x):
        if self.training and not self.initialized:
            with torch.no_grad():
                mean, variance = (each.reshape(-1) for each in moments(x, [0, *positions(x)]))
                self.gamma.copy_(1 / (torch.sqrt(variance) + self.eps))
                self.beta.copy_(-self.gamma * mean)
                self.initialized.fill_(1)
        return self.scaled(x)


class GlobalResponseNorm(AffineNorm):
    """x + gamma x |x_c| / mean |x|: lengths of the channels over their positions."""

    def __init__(self, channels, options):
        super().__init__(channels, options, eps=1e-6)
        nn.init.zeros_(self.gamma)

    def forward(self, x):
        axes = positions(x)
        lengths = torch.linalg.vector_norm(x, dim=axes, keepdim=True) if axes else x.abs()
        return x + self.scaled(x * lengths / (lengths.mean(1, keepdim=True) + self.eps))


class LocalResponseNorm(nn.LocalResponseNorm):
    """PyTorch's own, over five channels; of vectors, too."""

    def __init__(self):
        super().__init__(5)

    def forward(self, x):
        return super().forward(x[..., None])[..., 0] if x.dim() == 2 else super().forward(x)


class DivisiveNorm(AffineNorm):
    """Means over the five nearest channels, fewer at the ends."""

    def __init__(self, channels):
        super().__init__(channels, {})
        self.sigma = nn.Parameter(torch.tensor(1.0))
        places = torch.arange(channels)
        near = ((places[:, None] - places[None]).abs() <= 2).double()
        self.register_buffer("pool", near / near.sum(1, keepdim=True), persistent=False)

    def forward(self, x):
        pooled = lambda a: torch.einsum("ij,nj...->ni...", self.pool.to(x.dtype), a)
        v = x - pooled(x)
        return self.scaled(v / torch.sqrt(pooled(v**2) + self.sigma**2))


class Gdn(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.bRoot, self.gRoot = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels, channels))

    def forward(self, x):
        energy = torch.einsum("ij,nj...->ni...", self.gRoot**2, x**2)
        return x / torch.sqrt(energy + per_channel(self.bRoot**2 + 1e-6, x))


class DynamicTanh(AffineNorm):
    def __init__(self, channels):
        super().__init__(channels, {})
        self.alpha = nn.Parameter(torch.tensor(0.5))

    def forward(self, x):
        return self.scaled(torch.tanh(self.alpha * x))


class DynamicErf(AffineNorm):
    def __init__(self, channels):
        super().__init__(channels, {})
        self.alpha, self.shift = nn.Parameter(torch.tensor(0.5)), nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return self.scaled(torch.erf(self.alpha * x + self.shift))


class LayerScale(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.register_parameter("lambda", nn.Parameter(torch.full((channels,), 0.1)))

    def forward(self, x):
        return x * per_channel(getattr(self, "lambda"), x)
