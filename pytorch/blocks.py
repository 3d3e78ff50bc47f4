"""Parts of convolutional networks that PyTorch has no module for."""

import torch
from torch import nn


class GlobalAvgPool(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


class Drawn(nn.Module):
    """Dropout, or the noise of Santurkar et al. 2018: while training x * scale + shift, which normgrad draws and sends."""

    scale, shift = None, None

    def forward(self, x):
        if not self.training:
            return x
        y = x * fitted(self.scale, x)
        return y if self.shift is None else y + fitted(self.shift, x)


def fitted(drawn, x):
    """Of a flattened image what was drawn for the image."""
    return drawn.flatten(1) if x.dim() == 2 else drawn


class CircularPad(nn.Module):
    """The images close to a torus."""

    def forward(self, x):
        return nn.functional.pad(x, (1, 1, 1, 1), mode="circular")


class Block(nn.Module):
    """torchvision's BasicBlock, with any norm or none."""

    def __init__(self, inputs, outputs, stride, plan):
        super().__init__()
        bias = plan.bias(outputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=bias)
        self.bn1, self.relu = as_modules(plan.norm_relu(outputs))
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=bias)
        self.bn2 = as_module(plan.norm(outputs))
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=bias), *plan.norm(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class PreActivationBlock(nn.Module):
    """Norm and ReLU in front of each convolution; the shortcut stays free of both (He et al. 2016, arXiv:1603.05027)."""

    def __init__(self, inputs, outputs, stride, plan):
        super().__init__()
        bias = plan.bias(inputs)
        self.bn1, self.relu1 = as_modules(plan.norm_relu(inputs))
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=bias)
        self.bn2, self.relu2 = as_modules(plan.norm_relu(outputs))
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=bias)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=bias))

    def forward(self, x):
        h = self.relu1(self.bn1(x))
        y = self.conv2(self.relu2(self.bn2(self.conv1(h))))
        return y + (x if self.downsample is None else self.downsample(h))


def as_module(norm):
    """A list of one norm, or of none, as a module."""
    return norm[0] if norm else nn.Identity()


def as_modules(norm_relu):
    """The norm, or a module that does nothing, and the activation."""
    *norm, relu = norm_relu
    return as_module(norm), relu
