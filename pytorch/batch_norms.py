"""Norms that look at the batch. In evaluation their running statistics stand in its place."""

import math

import torch
from torch import nn

from standardized import AffineNorm, grouped, mean_over, moments, per_channel, positions, standardize


def channel_axes(x):
    """All axes but the channels."""
    return [0, *positions(x)]


class RunningNorm(AffineNorm):
    """With a running mean and variance [C]; the variance unbiased unless said otherwise."""

    unbiased = True

    def __init__(self, channels, options, **settings):
        super().__init__(channels, options, **settings)
        self.register_buffer("runningMean", torch.zeros(channels))
        self.register_buffer("runningVar", torch.ones(channels))

    def channel_moments(self, x):
        """Of the batch, which the running ones follow; in evaluation the running ones."""
        if not self.training:
            return per_channel(self.runningMean, x), per_channel(self.runningVar, x)
        mean, variance = moments(x, channel_axes(x))
        count = x.numel() // x.shape[1]
        self.follow(self.runningMean, mean)
        self.follow(self.runningVar, variance * (count / (count - 1) if self.unbiased else 1))
        return mean, variance


class BiasedBatchNorm(nn.BatchNorm1d):
    """Keras' BatchNorm: the running variance follows the biased one of the batch."""

    def _check_input_dim(self, x):
        pass

    def forward(self, x):
        before = self.running_var.clone()
        y = super().forward(x)
        if self.training:
            count = x.numel() // x.shape[1]
            old = (1 - self.momentum) * before
            # Another tensor: the backward pass still wants the old one
            self.running_var = old + (self.running_var - old) * ((count - 1) / count)
        return y


class BatchRenorm(AffineNorm):
    """Ioffe 2017. r and d bring the batch's statistics to the running ones from before this batch; both are constants."""

    def __init__(self, channels, options):
        super().__init__(channels, {"normMomentum": 0.01, **options})
        self.limits = options.get("renormLimits")
        self.register_buffer("runningMean", torch.zeros(channels))
        self.register_buffer("runningStd", torch.ones(channels))
        self.register_buffer("steps", torch.zeros(1))

    def limits_now(self):
        """Plain BatchNorm for 5,000 steps; then r up to 3 by step 40,000 and d up to 5 by step 25,000."""
        if self.limits:
            return self.limits
        part = lambda end: min(max((float(self.steps) - 5000) / (end - 5000), 0), 1)
        return 1 + 2 * part(40000), 5 * part(25000)

    def forward(self, x):
        running_mean, running_std = per_channel(self.runningMean, x), per_channel(self.runningStd, x)
        if not self.training:
            return self.scaled((x - running_mean) / running_std)
        mean, variance = moments(x, channel_axes(x))
        std = torch.sqrt(variance + self.eps)
        r_max, d_max = self.limits_now()
        r = (std / running_std).detach().clamp(1 / r_max, r_max)
        d = ((mean - running_mean) / running_std).detach().clamp(-d_max, d_max)
        y = self.scaled((x - mean) / std * r + d)
        self.follow(self.runningMean, mean)
        self.follow(self.runningStd, std)
        self.steps += 1
        return y


class GhostBatchNorm(RunningNorm):
    """Ghost batches of 16 samples, each normalized by itself; what is left over joins the last one."""

    def forward(self, x):
        if not self.training:
            mean, variance = self.channel_moments(x)
            return self.scaled((x - mean) / torch.sqrt(variance + self.eps))
        count = max(1, len(x) // 16)
        ghosts = [x[16 * i : 16 * (i + 1) if i < count - 1 else len(x)] for i in range(count)]
        parts = []
        for ghost in ghosts:
            mean, variance = self.channel_moments(ghost)
            parts.append((ghost - mean) / torch.sqrt(variance + self.eps))
        return self.scaled(torch.cat(parts))


class BatchInstanceNorm(RunningNorm):
    """Of each channel, rho BatchNorm + (1 - rho) InstanceNorm; rho is kept in [0, 1] after every step."""

    def __init__(self, channels, options):
        super().__init__(channels, options)
        self.rho = nn.Parameter(torch.ones(channels))

    def forward(self, x):
        mean, variance = self.channel_moments(x)
        of_batch = (x - mean) / torch.sqrt(variance + self.eps)
        rho = per_channel(self.rho, x)
        return self.scaled(rho * of_batch + (1 - rho) * standardize(x, positions(x), self.eps))


class SwitchableNorm(RunningNorm):
    """Mean and variance are mixtures of those of the instance, the sample and the batch, by softmaxes."""

    unbiased = False

    def __init__(self, channels, options):
        super().__init__(channels, options)
        self.meanLogits, self.varLogits = nn.Parameter(torch.ones(3)), nn.Parameter(torch.ones(3))

    def forward(self, x):
        sets = [moments(x, positions(x)), moments(x, [1, *positions(x)]), self.channel_moments(x)]
        mean = sum(weight * mean for weight, (mean, _) in zip(self.meanLogits.softmax(0), sets))
        variance = sum(weight * variance for weight, (_, variance) in zip(self.varLogits.softmax(0), sets))
        return self.scaled((x - mean) / torch.sqrt(variance + self.eps))


class MeanOnlyBatchNorm(nn.Module):
    """Only the mean of the channel goes."""

    def __init__(self, channels, options):
        super().__init__()
        self.beta, self.momentum = nn.Parameter(torch.zeros(channels)), options.get("normMomentum", 0.1)
        self.register_buffer("runningMean", torch.zeros(channels))

    def forward(self, x):
        mean = x.mean(channel_axes(x)) if self.training else self.runningMean
        if self.training:
            self.runningMean.lerp_(mean.detach(), self.momentum)
        return x - per_channel(mean, x) + per_channel(self.beta, x)


class AbsoluteBatchNorm(AffineNorm):
    """The scale is made of absolute deviations from the mean, and eps is added to it."""

    def __init__(self, channels, options):
        super().__init__(channels, options)
        self.register_buffer("runningMean", torch.zeros(channels))
        self.register_buffer("runningScale", torch.ones(channels))

    def forward(self, x):
        mean, scale = per_channel(self.runningMean, x), per_channel(self.runningScale, x)
        if self.training:
            mean = x.mean(channel_axes(x), keepdim=True)
            scale = per_channel(self.scale_of((x - mean).abs().transpose(0, 1).flatten(1)), x)
            self.follow(self.runningMean, mean)
            self.follow(self.runningScale, scale)
        return self.scaled((x - mean) / (scale + self.eps))


class L1BatchNorm(AbsoluteBatchNorm):
    def scale_of(self, distances):
        return math.sqrt(math.pi / 2) * distances.mean(1)


class TopkBatchNorm(AbsoluteBatchNorm):
    """The mean of the ten largest deviations, times what makes it a standard deviation of m normal numbers."""

    def scale_of(self, distances):
        m = distances.shape[1]
        c = (1 + math.sqrt(math.pi * math.log(4))) / (2 * math.sqrt(2 * math.log(m)))
        return c * distances.topk(min(10, m), dim=1).values.mean(1)


class ExtendedBatchNorm(AffineNorm):
    """The mean of the channel, the variance of everything."""

    def __init__(self, channels, options):
        super().__init__(channels, options)
        self.register_buffer("runningMean", torch.zeros(channels))
        self.register_buffer("runningVar", torch.ones(1))

    def forward(self, x):
        mean, variance = per_channel(self.runningMean, x), self.runningVar
        if self.training:
            mean, variance = mean_over(x, channel_axes(x)), x.var(unbiased=False)
            self.follow(self.runningMean, mean)
            self.follow(self.runningVar, variance)
        return self.scaled((x - mean) / torch.sqrt(variance + self.eps))


class BatchChannelNorm(RunningNorm):
    """BatchNorm, then a GroupNorm whose gamma and beta belong to the groups."""

    def __init__(self, channels, groups, options):
        super().__init__(channels, options, names=("gammaBatch", "betaBatch"))
        self.gammaChannel, self.betaChannel = nn.Parameter(torch.ones(groups)), nn.Parameter(torch.zeros(groups))

    def forward(self, x):
        mean, variance = self.channel_moments(x)
        z = grouped(self.scaled((x - mean) / torch.sqrt(variance + self.eps)), len(self.gammaChannel))
        y = standardize(z, list(range(2, z.dim())), self.eps)
        return (y * per_channel(self.gammaChannel, y) + per_channel(self.betaChannel, y)).reshape(x.shape)
