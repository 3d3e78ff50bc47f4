"""Every norm of normgrad by its name, as a layer of PyTorch: PyTorch's own where it has one, otherwise its formula, differentiated
by PyTorch. Nothing here is translated from the engine that it is compared with: docs/norms says what each norm is.

x is [N, C] or [N, C, positions...]. Parameters and running statistics have the names that normgrad's exported files have.
"""

import torch
from torch import nn

from activation_norms import EvoNormB0, EvoNormS0, FilterResponseNorm, ProxyNorm
from batch_norms import (
    BatchChannelNorm, BatchInstanceNorm, BatchRenorm, BiasedBatchNorm, ExtendedBatchNorm, GhostBatchNorm, L1BatchNorm,
    MeanOnlyBatchNorm, SwitchableNorm, TopkBatchNorm,
)
from channel_norms import (
    ActNorm, DivisiveNorm, DynamicErf, DynamicTanh, Gdn, GlobalResponseNorm, LayerScale, LocalResponseNorm,
)
from sample_norms import Affine, LayerNorm, PartialRmsNorm, PositionalNorm, RmsNorm, ScaleNorm
from standardized import standardize

WEIGHT_NORMS = ["weight-standardization", "scaled-weight-standardization", "weight-norm", "spectral"]


def groups_for(channels, options):
    """normgrad's default: the largest divisor of the channels up to 8."""
    if options.get("channelsPerGroup"):
        return channels // options["channelsPerGroup"]
    return options.get("groups") or max(n for n in range(1, 9) if channels % n == 0)


class Detached(nn.Module):
    """The norms that can take their statistics for constants in the backward pass, by formula; without running statistics."""

    def __init__(self, channels, axes, groups, options):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.axes, self.groups, self.detach, self.eps = axes, groups, options["detachStatistics"], options.get("eps") or 1e-5

    def forward(self, x):
        parts = x.reshape(x.shape[0], self.groups, -1, *x.shape[2:]) if self.groups else x
        axes = [axis for axis in range(parts.dim()) if axis not in self.axes]
        y = standardize(parts, axes, self.eps, detach=self.detach).reshape(x.shape)
        shape = [1, -1] + [1] * (x.dim() - 2)
        return y * self.weight.reshape(shape) + self.bias.reshape(shape)


class DetachedBatchNorm(Detached):
    """The same with BatchNorm's running statistics, for evaluation."""

    def __init__(self, channels, options):
        super().__init__(channels, [1], None, options)
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))
        self.register_buffer("num_batches_tracked", torch.tensor(0))
        self.momentum = 0.1 if options.get("normMomentum") is None else options["normMomentum"]

    def forward(self, x):
        if not self.training:
            return nn.functional.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps)
        nn.functional.batch_norm(x.detach(), self.running_mean, self.running_var, training=True, momentum=self.momentum)
        return super().forward(x)


def batch(channels, options, images):
    if options.get("detachStatistics", "none") != "none":
        return DetachedBatchNorm(channels, options)
    settings = {"eps": options.get("eps") or 1e-5, "momentum": options.get("normMomentum")}
    if settings["momentum"] is None:
        settings["momentum"] = 0.1
    if options.get("runningVar") == "biased":
        return BiasedBatchNorm(channels, **settings)
    settings["affine"] = options.get("affine", True)
    return (nn.BatchNorm2d if images else nn.BatchNorm1d)(channels, **settings)


def group(channels, options, groups):
    if options.get("detachStatistics", "none") != "none":
        return Detached(channels, [0, 1], groups, options)
    return nn.GroupNorm(groups, channels, eps=options.get("eps") or 1e-5)


def instance(channels, options, images):
    if options.get("detachStatistics", "none") != "none":
        return Detached(channels, [0, 1], None, options)
    if images:
        return nn.InstanceNorm2d(channels, affine=True, eps=options.get("eps") or 1e-5)
    return Affine(channels, options, names=("weight", "bias"))  # of vectors PyTorch's own throws: every set has one value


def create_norm(name, channels, options, images=True):
    """The layer for so many channels. `options`: eps, groups, channelsPerGroup, normMomentum and so on, null for the default."""
    options = {key: value for key, value in options.items() if value is not None}
    groups = groups_for(channels, options) if name in GROUPED else 1
    return NORMS[name](channels, options, images, groups)


GROUPED = ["group", "batch-channel", "evonorm-s0", "proxy-group"]

NORMS = {
    "batch": lambda c, o, images, g: batch(c, o, images),
    "layer": lambda c, o, images, g: group(c, o, 1),
    "layer-position": lambda c, o, images, g: LayerNorm(c, o),
    "instance": lambda c, o, images, g: instance(c, o, images),
    "group": lambda c, o, images, g: group(c, o, g),
    "rms": lambda c, o, images, g: RmsNorm(c, o),
    "partial-rms": lambda c, o, images, g: PartialRmsNorm(c, o),
    "scale": lambda c, o, images, g: ScaleNorm(c, o),
    "batch-renorm": lambda c, o, images, g: BatchRenorm(c, o),
    "ghost": lambda c, o, images, g: GhostBatchNorm(c, o),
    "batch-instance": lambda c, o, images, g: BatchInstanceNorm(c, o),
    "switchable": lambda c, o, images, g: SwitchableNorm(c, o),
    "positional": lambda c, o, images, g: PositionalNorm(c, o),
    "mean-only": lambda c, o, images, g: MeanOnlyBatchNorm(c, o),
    "l1-batch": lambda c, o, images, g: L1BatchNorm(c, o),
    "topk-batch": lambda c, o, images, g: TopkBatchNorm(c, o),
    "extended-batch": lambda c, o, images, g: ExtendedBatchNorm(c, o),
    "batch-channel": lambda c, o, images, g: BatchChannelNorm(c, g, o),
    "adain": lambda c, o, images, g: Affine(c, o),
    "conditional-instance": lambda c, o, images, g: Affine(c, o, shape=(1, c)),
    "actnorm": lambda c, o, images, g: ActNorm(c, o),
    "frn": lambda c, o, images, g: FilterResponseNorm(c, o),
    "evonorm-b0": lambda c, o, images, g: EvoNormB0(c, o),
    "evonorm-s0": lambda c, o, images, g: EvoNormS0(c, g, o),
    "proxy-layer": lambda c, o, images, g: ProxyNorm(c, 1, o),
    "proxy-group": lambda c, o, images, g: ProxyNorm(c, g, o),
    "grn": lambda c, o, images, g: GlobalResponseNorm(c, o),
    "local-response": lambda c, o, images, g: LocalResponseNorm(),
    "divisive": lambda c, o, images, g: DivisiveNorm(c),
    "gdn": lambda c, o, images, g: Gdn(c),
    "dyt": lambda c, o, images, g: DynamicTanh(c),
    "derf": lambda c, o, images, g: DynamicErf(c),
    "layer-scale": lambda c, o, images, g: LayerScale(c),
}
