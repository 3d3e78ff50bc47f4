"""The PyTorch side of `npm run bench -- --vs torch`: reads one JSON request per line, answers with one JSON line.

{"make": {"kind": "step", "model", "norm", "width"}, "start": FILE}   a training step: forward, backward, optimizer; from the
                                                          weights, the images and the labels of the file (start.ts)
{"make": {"kind": "norm", "norm", "shape", "groups"}}     a norm alone, forward and backward (NCHW, or [N, D] for layer)
{"make": {"kind": "conv", "shape", "out", "kernel", "stride"}}   forward and backward of a convolution
{"make": {"kind": "gemm", "m", "k", "n"}}                 y = a b
{"make": {"kind": "optimizer", "optimizer", "sizes"}}          a step over many parameters
{"losses": n}                                             -> {"losses": [...]}: of the next steps
{"run": seconds}                                          -> {"ms": [...]}: the case of the last "make", again and again

The first line comes unasked: {"ready": version}. "make" is answered with {"ok": true}, by a peer that cannot do it with
{"missing": reason}.
"""
import json
import os
import sys
import time
from pathlib import Path

# OpenBLAS 0.3.21 does not know newer CPUs and then falls back to SSE kernels.
os.environ.setdefault("OPENBLAS_CORETYPE", "SKYLAKEX")
import torch
import torch.nn as nn
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).parent.parent / "pytorch"))
from safetensors_file import load_file


def norm2d(kind, channels):
    if kind == "batch":
        return nn.BatchNorm2d(channels)
    if kind == "group":
        return nn.GroupNorm(min(channels, 8), channels)
    return nn.Identity()


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride, kind):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = norm2d(kind, outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = norm2d(kind, outputs)
        same = stride == 1 and inputs == outputs
        self.shortcut = None if same else nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, stride, bias=False), norm2d(kind, outputs)
        )

    def forward(self, x):
        h = F.relu(self.norm1(self.conv1(x)))
        h = self.norm2(self.conv2(h))
        return F.relu(h + (x if self.shortcut is None else self.shortcut(x)))


def resnet20(kind, width=16):
    layers = [nn.Conv2d(3, width, 3, 1, 1, bias=False), norm2d(kind, width), nn.ReLU()]
    inputs = width
    for outputs, stride in ((width, 1), (2 * width, 2), (4 * width, 2)):
        for block in range(3):
            layers.append(Block(inputs, outputs, stride if block == 0 else 1, kind))
            inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 10))


def deep_cnn(kind):
    def unit(inputs, outputs):
        return [nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False), norm2d(kind, outputs), nn.ReLU()]

    return nn.Sequential(
        *unit(3, 32), *unit(32, 32), nn.MaxPool2d(2), *unit(32, 64), *unit(64, 64), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64 * 64, 10),
    )


def tutorial(kind):
    norm = nn.GroupNorm(5, 10) if kind == "group" else norm2d(kind, 10)
    norm.eps = 1e-3  # Keras'
    return nn.Sequential(nn.Conv2d(1, 10, 3), norm, nn.Flatten(), nn.Linear(6760, 128), nn.ReLU(), nn.Linear(128, 10))


def mlp(kind, width=100):
    layers, inputs = [nn.Flatten()], 784
    for _ in range(3):
        layers.append(nn.Linear(inputs, width, bias=kind == "none"))
        if kind == "batch":
            layers.append(nn.BatchNorm1d(width))
        layers.append(nn.Sigmoid())
        inputs = width
    return nn.Sequential(*layers, nn.Linear(width, 10))


MODELS = {"mlp": mlp, "tutorial": tutorial, "deep-cnn": deep_cnn, "resnet20": resnet20}


def take_weights(model, tensors):
    names = [name for name in tensors if name.endswith((".weight", ".bias"))]
    parameters = list(model.parameters())
    assert len(names) == len(parameters)
    with torch.no_grad():
        for name, parameter in zip(names, parameters):
            assert tensors[name].shape == parameter.shape, name
            parameter.copy_(tensors[name])


def make_step(case, start):
    width = {"width": case["width"]} if "width" in case else {}
    model = MODELS[case["model"]](case["norm"], **width).train()
    tensors = load_file(start)
    take_weights(model, tensors)
    if case["model"] == "tutorial":
        optimizer = torch.optim.Adam(model.parameters())
    else:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    x, y = tensors["x"], tensors["labels"].long()

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def make_norm(case, start):
    shape = case["shape"]
    x, dy = torch.randn(*shape, requires_grad=True), torch.randn(*shape)
    layer = {
        "batch": lambda: nn.BatchNorm2d(shape[1]),
        "group": lambda: nn.GroupNorm(case.get("groups"), shape[1]),
        "layer": lambda: nn.LayerNorm(shape[1]),
    }[case["norm"]]()

    def step():
        x.grad = None
        layer.zero_grad(set_to_none=True)
        layer(x).backward(dy)

    return step


def make_conv(case, start):
    n, h, w, c = case["shape"]
    kernel = case["kernel"]
    x = torch.randn(n, c, h, w, requires_grad=True)
    layer = nn.Conv2d(c, case["out"], kernel, case["stride"], kernel // 2, bias=False)
    dy = torch.randn_like(layer(x))

    def step():
        x.grad = None
        layer.zero_grad(set_to_none=True)
        layer(x).backward(dy)

    return step


def make_gemm(case, start):
    a, b = torch.randn(case["m"], case["k"]), torch.randn(case["k"], case["n"])
    return lambda: torch.mm(a, b)


def make_optimizer(case, start):
    parameters = [torch.randn(size, requires_grad=True) for size in case["sizes"]]
    for parameter in parameters:
        parameter.grad = torch.randn_like(parameter) * 1e-3
    if case["optimizer"] == "adam":
        optimizer = torch.optim.Adam(parameters)
    else:
        optimizer = torch.optim.SGD(parameters, lr=1e-3, momentum=0.9, weight_decay=1e-4)
    return optimizer.step


MAKERS = {"step": make_step, "norm": make_norm, "conv": make_conv, "gemm": make_gemm, "optimizer": make_optimizer}


def run(step, seconds):
    times, end = [], time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1e3)
    return times


torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)
current = None
print(json.dumps({"ready": f"PyTorch {torch.__version__}"}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if "make" in request:
        current = MAKERS[request["make"]["kind"]](request["make"], request.get("start"))
        answer = {"ok": True}
    elif "losses" in request:
        answer = {"losses": [current() for _ in range(request["losses"])]}
    else:
        answer = {"ms": run(current, request["run"])}
    print(json.dumps(answer), flush=True)
