"""
The models of the registry (src/nn/models) as modules of PyTorch, by which docs/pytorch.md says what they are.

    python3 models.py names                the names and shapes of every case of models.json, written into it
    python3 models.py check DIR            load_state_dict(strict=True) of DIR/0.safetensors, 1, ..., and their logits
"""

import json
import os
import sys

import torch
from torch import nn

from safetensors_file import load_file

HERE = os.path.dirname(os.path.abspath(__file__))
INPUT, CLASSES = (16, 20, 3), 10


class GlobalAvgPool(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


class CircularPad(nn.Module):
    def forward(self, x):
        return nn.functional.pad(x, (1, 1, 1, 1), mode="circular")


class Block(nn.Module):
    """torchvision's BasicBlock, with any norm or none."""

    def __init__(self, inputs, outputs, stride, norm):
        super().__init__()
        bias = norm(1) == []
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=bias)
        self.bn1 = nn.Sequential() if bias else norm(outputs)[0]
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=bias)
        self.bn2 = nn.Sequential() if bias else norm(outputs)[0]
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=bias), *norm(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class PreActivationBlock(nn.Module):
    def __init__(self, inputs, outputs, stride, norm):
        super().__init__()
        bias = norm(1) == []
        self.bn1 = norm(inputs)[0]
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=bias)
        self.bn2 = norm(outputs)[0]
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=bias)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=bias))

    def forward(self, x):
        h = torch.relu(self.bn1(x))
        y = self.conv2(torch.relu(self.bn2(self.conv1(h))))
        return y + (x if self.downsample is None else self.downsample(h))


def norms(options, images, eps=1e-5):
    """From a number of features to a list with their norm, or an empty one."""
    groups = options.get("normOptions", {}).get("groups", options.get("groups", 16))
    of = {
        "none": lambda c: [],
        "batch": lambda c: [(nn.BatchNorm2d if images else nn.BatchNorm1d)(c, eps=eps)],
        "group": lambda c: [nn.GroupNorm(min(groups, c), c, eps=eps)],
        "layer": lambda c: [nn.GroupNorm(1, c, eps=eps)],
        "instance": lambda c: [nn.InstanceNorm2d(c, affine=True, eps=eps)],
    }
    return of[options["norm"]]


ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh}


def mlp(options):
    norm, features, layers = norms(options, False), INPUT[0] * INPUT[1] * INPUT[2], [nn.Flatten()]
    for size in options.get("hidden", [128, 128]):
        layers += [nn.Linear(features, size, bias=norm(1) == []), *norm(size)]
        layers += [ACTIVATIONS[options.get("activation", "relu")]()]
        features = size
    return nn.Sequential(*layers, nn.Linear(features, CLASSES))


def stages(options, widths, convs):
    norm, (height, width, channels), layers = norms(options, True), INPUT, []
    for out, count in zip(widths, convs):
        for _ in range(count):
            layers += [nn.Conv2d(channels, out, 3, padding=1, bias=norm(1) == []), *norm(out), nn.ReLU()]
            channels = out
        layers += [nn.MaxPool2d(2)]
        height, width = height // 2, width // 2
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(height * width * channels, CLASSES))


def vgg(options, widths=(8, 16, 32)):
    widths = options.get("widths", widths)
    return stages(options, widths, options.get("convs", [2] * len(widths)))


def resnet(depth, options):
    norm, widths = norms(options, True), options.get("widths", [16, 32, 64])
    before = options.get("preActivation", False)
    layers = [nn.Conv2d(INPUT[2], widths[0], 3, padding=1, bias=norm(1) == [])]
    channels = widths[0]
    if not before:
        layers += [*norm(channels), nn.ReLU()]
    for stage, out in enumerate(widths):
        for i in range((depth - 2) // 6):
            stride = 2 if stage > 0 and i == 0 else 1
            layers += [(PreActivationBlock if before else Block)(channels, out, stride, norm)]
            channels = out
    if before:
        layers += [*norm(channels), nn.ReLU()]
    return nn.Sequential(*layers, GlobalAvgPool(), nn.Linear(channels, CLASSES))


def layernorm_seed(options):
    height, width, channels = INPUT
    layers = []
    for out in (5, 10):
        height, width = height - 2, width - 2
        layers += [nn.Conv2d(channels, out, 3), nn.LayerNorm([out, height, width]), nn.ReLU()]
        channels = out
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(height * width * channels, CLASSES))


def tutorial(options):
    features = (INPUT[0] - 2) * (INPUT[1] - 2) * 10
    layers = [nn.Conv2d(INPUT[2], 10, 3), *norms(options, True, 1e-3)(10), nn.Flatten(), nn.Linear(features, 128)]
    return nn.Sequential(*layers, nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, CLASSES))


def keras_dense(options, features=INPUT[0] * INPUT[1] * INPUT[2], hidden=(64, 64)):
    before, norm = options.get("normPlacement") == "before", norms(options, False, 1e-3)
    layers = [nn.Flatten()]
    for size in options.get("hidden", hidden):
        layers += [nn.Linear(features, size, bias=not before)]
        layers += [*norm(size), nn.ReLU()] if before else [nn.ReLU(), *norm(size)]
        features = size
    return nn.Sequential(*layers, nn.Linear(features, CLASSES))


def keras_conv(options):
    before, norm = options.get("normPlacement") == "before", norms(options, True, 1e-3)
    (height, width, channels), layers = INPUT, []
    for out in (16, 32):
        layers += [nn.Conv2d(channels, out, 3, bias=not before)]
        layers += [*norm(out), nn.ReLU()] if before else [nn.ReLU(), *norm(out)]
        layers += [nn.MaxPool2d(2)]
        height, width, channels = (height - 2) // 2, (width - 2) // 2, out
    return nn.Sequential(*layers, *keras_dense(options, height * width * channels, (64,)))


def random_conv(options):
    (width,), channels, layers = options["widths"], INPUT[2], []
    for _ in range(options["depth"]):
        layers += [CircularPad(), nn.Conv2d(channels, width, 3, bias=False), *norms(options, True)(width), nn.ReLU()]
        channels = width
    return nn.Sequential(*layers, GlobalAvgPool(), nn.Linear(width, CLASSES))


class Patches(nn.Module):
    """[N, C, H, W] -> [N, patches, size size C], the channels of a patch last."""

    def __init__(self, size):
        super().__init__()
        self.size = size

    def forward(self, x):
        (n, c, h, w), size = x.shape, self.size
        cut = x.reshape(n, c, h // size, size, w // size, size).permute(0, 2, 4, 3, 5, 1)
        return cut.reshape(n, -1, size * size * c)


class Positions(nn.Module):
    def __init__(self, length, features):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(length, features))

    def forward(self, x):
        return x + self.weight


class MeanOfTokens(nn.Module):
    def forward(self, x):
        return x.mean(1)


def transformer(options):
    width, size, before = options["width"], options["patch"], options["normPlacement"] == "before"
    layers = [Patches(size), nn.Linear(size * size * INPUT[2], width)]
    layers += [Positions(INPUT[0] * INPUT[1] // size**2, width)]
    for _ in range(options["depth"]):
        layers += [nn.TransformerEncoderLayer(width, options["heads"], 4 * width, 0, batch_first=True, norm_first=before)]
    layers += [nn.LayerNorm(width)] if before else []
    return nn.Sequential(*layers, MeanOfTokens(), nn.Linear(width, CLASSES))


MODELS = {
    "transformer": transformer,
    "mlp": mlp,
    "cnn": lambda options: vgg(options, (8, 16)),
    "deep-cnn": lambda options: vgg(options, (32, 64)),
    "resnet8": lambda options: resnet(8, options),
    "resnet20": lambda options: resnet(20, options),
    "resnet32": lambda options: resnet(32, options),
    "micro-resnet8": lambda options: resnet(8, {**options, "widths": [8, 16, 32], "preActivation": True}),
    "vgg": vgg,
    "vgg-groupnorm": vgg,
    "layernorm-seed": layernorm_seed,
    "tutorial": tutorial,
    "keras-dense": keras_dense,
    "keras-conv": keras_conv,
    "random-conv": random_conv,
}


def build(model, options):
    network = MODELS[model](options)
    # On every layer but the last.
    layers = [module for module in network.modules() if isinstance(module, (nn.Conv2d, nn.Linear))][:-1]
    for layer in layers:
        if options.get("weightNorm") == "weight-norm":
            nn.utils.weight_norm(layer)
        elif options.get("weightNorm") == "spectral":
            nn.utils.spectral_norm(layer)
    return network


def main():
    torch.set_num_threads(1)
    path = os.path.join(HERE, "models.json")
    with open(path) as file:
        cases = json.load(file)["cases"]
    if sys.argv[1] == "names":
        for case in cases:
            state = build(case["model"], case["options"]).state_dict()
            case["state"] = {name: list(value.shape) for name, value in state.items()}
        content = {"origin": f"models.py, PyTorch {torch.__version__}", "input": INPUT, "classes": CLASSES, "cases": cases}
        with open(path, "w") as file:
            json.dump(content, file)
        return
    for i, case in enumerate(cases):
        state = load_file(os.path.join(sys.argv[2], f"{i}.safetensors"))
        x, logits = state.pop("x"), state.pop("logits")
        network = build(case["model"], case["options"]).eval()
        network.load_state_dict(state, strict=True)
        difference = float((network(x) - logits).abs().max().detach())
        print(json.dumps({"model": case["model"], "difference": difference, "size": float(logits.abs().max())}))


main()
