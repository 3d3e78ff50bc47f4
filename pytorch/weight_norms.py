"""Norms of the weights of dense layers and convolutions: PyTorch's own weight_norm and spectral_norm, and two by their formulas."""

import torch
from torch import nn


class WeightStandardization(nn.Module):
    """Every filter with mean 0 and variance 1 (timm's convention)."""

    def __init__(self, layer, options):
        super().__init__()
        self.eps = options.get("eps") or 1e-6

    def forward(self, weight):
        axes = list(range(1, weight.dim()))
        mean = weight.mean(axes, keepdim=True)
        return (weight - mean) / torch.sqrt(((weight - mean) ** 2).mean(axes, keepdim=True) + self.eps)


class ScaledWeightStandardization(nn.Module):
    """Squares that sum to (1.7128... gain)^2: what a ReLU in front takes away. eps is a floor."""

    def __init__(self, layer, options):
        super().__init__()
        self.gain, self.eps = nn.Parameter(torch.ones(len(layer.weight))), options.get("eps") or 1e-4

    def forward(self, weight):
        axes = list(range(1, weight.dim()))
        centred = weight - weight.mean(axes, keepdim=True)
        squares = (centred**2).sum(axes, keepdim=True)
        gain = self.gain.reshape([-1] + [1] * len(axes))
        return 1.712858550449663 * gain * centred / torch.sqrt(squares.clamp(min=self.eps))


def normalize_weights(network, name, options):
    """On every dense layer and convolution but the last, whose outputs are the logits."""
    layers = [module for module in network.modules() if isinstance(module, (nn.Conv2d, nn.Linear))]
    for layer in layers[:-1]:
        if name == "weight-norm":
            nn.utils.weight_norm(layer)
        elif name == "spectral":
            nn.utils.spectral_norm(layer)
        else:
            kind = ScaledWeightStandardization if name.startswith("scaled") else WeightStandardization
            layer.weightNorm = kind(layer, options)
            layer.forward = _with_weight(layer)


def _with_weight(layer):
    if isinstance(layer, nn.Conv2d):
        return lambda x: layer._conv_forward(x, layer.weightNorm(layer.weight), layer.bias)
    return lambda x: nn.functional.linear(x, layer.weightNorm(layer.weight), layer.bias)
