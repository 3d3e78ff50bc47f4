"""What most norms have in common: y = (x - mean) / sqrt(variance + eps) over some axes, and numbers that belong to channels."""

import torch
from torch import nn


def positions(x):
    """The axes behind N and C."""
    return list(range(2, x.dim()))


def mean_over(x, axes):
    """The mean over the axes, kept; over none of them x itself, which torch.mean takes for all."""
    return x.mean(axes, keepdim=True) if axes else x


def moments(x, axes, ddof=0):
    mean = mean_over(x, axes)
    squares = (x - mean) ** 2
    count = x.numel() // mean.numel()
    return mean, mean_over(squares, axes) * (count / (count - ddof) if ddof else 1)


def standardize(x, axes, eps, ddof=0, detach="none"):
    mean, variance = moments(x, axes, ddof)
    if detach in ("mean", "both"):
        mean = mean.detach()
    if detach in ("variance", "both"):
        variance = variance.detach()
    return (x - mean) / torch.sqrt(variance + eps)


def grouped(x, groups):
    """[N, C, ...] -> [N, groups, C / groups, ...]"""
    return x.reshape(x.shape[0], groups, -1, *x.shape[2:])


def per_channel(numbers, x):
    """[C] as it is spread over x [N, C, ...]."""
    return numbers.reshape([1, -1] + [1] * (x.dim() - 2))


class AffineNorm(nn.Module):
    """gamma and beta [C], and what every norm of these files is told."""

    # Does the norm bring an activation of its own, which takes the place of a ReLU behind it (`active`)?
    activates = False

    def __init__(self, channels, options, eps=1e-5, shape=None, names=("gamma", "beta")):
        super().__init__()
        self.eps, self.momentum, self.active, self.names = options.get("eps", eps), options.get("normMomentum", 0.1), False, names
        self.register_parameter(names[0], nn.Parameter(torch.ones(shape or channels)))
        self.register_parameter(names[1], nn.Parameter(torch.zeros(shape or channels)))

    def scaled(self, x):
        gamma, beta = (getattr(self, name) for name in self.names)
        return x * per_channel(gamma.reshape(-1), x) + per_channel(beta.reshape(-1), x)

    def follow(self, running, batch):
        """running <- (1 - momentum) running + momentum batch, off the graph."""
        running.lerp_(batch.detach().reshape(running.shape), self.momentum)
