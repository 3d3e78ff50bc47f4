"""Norms that bring an activation of their own, in the place of a ReLU behind them. Where there is none, or the sum with a shortcut
comes first, they leave it out: EvoNorm is gamma x + beta then, FRN has no threshold, Proxy Norm is the norm in front of it."""

import math

import torch
from torch import nn

from standardized import AffineNorm, grouped, mean_over, moments, per_channel, positions, standardize


class FilterResponseNorm(AffineNorm):
    activates = True

    def __init__(self, channels, options):
        super().__init__(channels, options, eps=1e-6)
        self.tau = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        y = self.scaled(x / torch.sqrt(mean_over(x**2, positions(x)) + self.eps))
        return torch.maximum(y, per_channel(self.tau, x)) if self.active else y


class EvoNormB0(AffineNorm):
    activates = True

    def __init__(self, channels, options):
        super().__init__(channels, options)
        self.v1 = nn.Parameter(torch.ones(channels))
        self.register_buffer("runningVar", torch.ones(channels))

    def forward(self, x):
        if not self.active:
            return self.scaled(x)
        variance = per_channel(self.runningVar, x)
        if self.training:
            _, variance = moments(x, [0, *positions(x)])
            count = x.numel() // x.shape[1]
            self.follow(self.runningVar, variance * (count / max(count - 1, 1)))
        _, of_instance = moments(x, positions(x))
        b = per_channel(self.v1, x) * x + torch.sqrt(of_instance + self.eps)
        return self.scaled(x / torch.maximum(b, torch.sqrt(variance + self.eps)))


class EvoNormS0(AffineNorm):
    activates = True

    def __init__(self, channels, groups, options):
        super().__init__(channels, options)
        self.groups, self.v1 = groups, nn.Parameter(torch.ones(channels))

    def forward(self, x):
        if not self.active:
            return self.scaled(x)
        z = grouped(x * torch.sigmoid(per_channel(self.v1, x) * x), self.groups)
        parts = grouped(x, self.groups)
        _, variance = moments(parts, list(range(2, parts.dim())))
        return self.scaled((z / torch.sqrt(variance + self.eps)).reshape(x.shape))


class ProxyNorm(AffineNorm):
    """GroupNorm, ReLU, and then the moments that the ReLU of a normal number has: u ~ N(betaProxy, (1 + gammaProxy)^2)."""

    activates = True

    def __init__(self, channels, groups, options):
        super().__init__(channels, options)
        self.groups = groups
        self.betaProxy, self.gammaProxy = nn.Parameter(torch.zeros(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        y = nn.functional.group_norm(x, self.groups, self.gamma, self.beta, self.eps)
        if not self.active:
            return y
        mean, square = relu_moments(self.gamma * self.betaProxy + self.beta, self.gamma * (1 + self.gammaProxy))
        deviation = torch.sqrt(square - mean**2 + 0.03)
        return (torch.relu(y) - per_channel(mean, x)) / per_channel(deviation, x)


def relu_moments(mu, s):
    """E relu(z) and E relu(z)^2 for z ~ N(mu, s^2)."""
    width = s.abs()
    t = mu / width
    below = 0.5 * torch.erfc(-t / math.sqrt(2))
    density = torch.exp(-0.5 * t**2) / math.sqrt(2 * math.pi)
    return mu * below + width * density, (mu**2 + width**2) * below + mu * width * density
