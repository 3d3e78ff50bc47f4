"""Norms that look at one sample, or one position of it."""

import torch
from torch import nn

from standardized import AffineNorm, moments, per_channel, positions, standardize


class Affine(AffineNorm):
    """InstanceNorm by its formula: each channel of each sample over its positions, then gamma and beta."""

    def forward(self, x):
        return self.scaled(standardize(x, positions(x), self.eps))


class LayerNorm(nn.Module):
    """nn.LayerNorm over the channels of each position."""

    def __init__(self, channels, options):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.eps, self.detach = options.get("eps", 1e-5), options.get("detachStatistics", "none")

    def forward(self, x):
        if self.detach != "none":
            y = standardize(x, [1], self.eps, detach=self.detach)
            return y * per_channel(self.weight, x) + per_channel(self.bias, x)
        last = x.movedim(1, -1)
        return nn.functional.layer_norm(last, last.shape[-1:], self.weight, self.bias, self.eps).movedim(-1, 1)


class RmsNorm(nn.Module):
    """Of each position, over its channels; by its formula, since nn.RMSNorm is newer than PyTorch 2.3."""

    def __init__(self, channels, options):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(channels)), options.get("eps", 1e-6)
        self.detach = options.get("detachStatistics", "none")

    def forward(self, x):
        square = (x**2).mean(1, keepdim=True)
        if self.detach in ("variance", "both"):
            square = square.detach()
        return x / torch.sqrt(square + self.eps) * per_channel(self.weight, x)


class PartialRmsNorm(nn.Module):
    """The root mean square of the first half of the channels divides all of them."""

    def __init__(self, channels, options):
        super().__init__()
        self.gamma, self.eps = nn.Parameter(torch.ones(channels)), options.get("eps", 1e-6)
        self.first = max(1, channels // 2)

    def forward(self, x):
        square = (x[:, : self.first] ** 2).mean(1, keepdim=True)
        return x / torch.sqrt(square + self.eps) * per_channel(self.gamma, x)


class ScaleNorm(nn.Module):
    """g x / |x|, the length over the channels of each position."""

    def __init__(self, channels, options):
        super().__init__()
        self.g, self.eps = nn.Parameter(torch.tensor(channels**0.5)), options.get("eps", 1e-5)

    def forward(self, x):
        return self.g * nn.functional.normalize(x, dim=1, eps=self.eps)


class PositionalNorm(AffineNorm):
    """Each position over its channels, with the unbiased variance."""

    def forward(self, x):
        mean, variance = moments(x, [1], ddof=1)
        return self.scaled((x - mean) / torch.sqrt(variance + self.eps))
