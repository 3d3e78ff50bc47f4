"""Writes operations.json beside it: PyTorch's numbers for operations that core.json does not have.   python3 test/golden/operations.py

Needs PyTorch only (Debian: apt-get install python3-torch).
"""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(1)
cases = []


def normal(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def encode(tensor):
    return {"shape": list(tensor.shape), "data": tensor.detach().double().reshape(-1).tolist()}


def add(name, op, inputs, call, **attrs):
    """`inputs` that are of floating point get gradients."""
    for each in inputs.values():
        if each.is_floating_point():
            each.requires_grad_()
    y = call(**inputs)
    upstream = normal(*y.shape)
    y.backward(upstream)
    cases.append({
        "name": name,
        "op": op,
        "attrs": attrs,
        "inputs": {key: encode(each) for key, each in inputs.items()},
        "upstream": encode(upstream),
        "outputs": {"y": encode(y)},
        "grads": {key: encode(each.grad) for key, each in inputs.items() if each.grad is not None},
    })


def convolution(x, w, bias):
    return {"x": normal(*x), "weight": normal(*w), **({"bias": normal(bias)} if bias else {})}


add("conv1d, groups, stride 2", "conv1d", convolution([2, 4, 7], [6, 2, 3], 6),
    lambda x, weight, bias: F.conv1d(x, weight, bias, stride=2, padding=1, groups=2), stride=2, padding=1, groups=2)
add("conv1d, same, dilation 2", "conv1d", convolution([1, 2, 6], [3, 2, 3], 0),
    lambda x, weight: F.conv1d(x, weight, None, padding="same", dilation=2), padding="same", dilation=2)
add("convTranspose2d, stride 2", "convTranspose2d", convolution([2, 4, 3, 2], [4, 3, 3, 3], 3),
    lambda x, weight, bias: F.conv_transpose2d(x, weight, bias, stride=2, padding=1, output_padding=1),
    stride=2, padding=1, outputPadding=1)
add("convTranspose2d, groups, dilation", "convTranspose2d", convolution([1, 4, 2, 3], [4, 1, 2, 3], 0),
    lambda x, weight: F.conv_transpose2d(x, weight, None, stride=(1, 2), groups=2, dilation=(3, 1), output_padding=(2, 1)),
    stride=[1, 2], groups=2, dilation=[3, 1], outputPadding=[2, 1])

image = [2, 3, 5, 6]
add("maxPool2d, ceilMode", "maxPool2d", {"x": normal(*image)},
    lambda x: F.max_pool2d(x, 3, 2, padding=1, ceil_mode=True), kernelSize=3, stride=2, padding=1, ceilMode=True)
add("avgPool2d, ceilMode", "avgPool2d", {"x": normal(*image)},
    lambda x: F.avg_pool2d(x, 3, 2, padding=1, ceil_mode=True), kernelSize=3, stride=2, padding=1, ceilMode=True)
add("avgPool2d, ceilMode, padding not counted", "avgPool2d", {"x": normal(*image)},
    lambda x: F.avg_pool2d(x, 3, 2, padding=1, ceil_mode=True, count_include_pad=False),
    kernelSize=3, stride=2, padding=1, ceilMode=True, countIncludePad=False)
add("avgPool2d, divisor", "avgPool2d", {"x": normal(*image)},
    lambda x: F.avg_pool2d(x, 2, divisor_override=3), kernelSize=2, divisor=3)
add("adaptiveAvgPool2d", "adaptiveAvgPool2d", {"x": normal(*image)},
    lambda x: F.adaptive_avg_pool2d(x, (3, 4)), outputSize=[3, 4])
add("adaptiveMaxPool2d", "adaptiveMaxPool2d", {"x": normal(*image)},
    lambda x: F.adaptive_max_pool2d(x, (3, 4)), outputSize=[3, 4])

wide = lambda: 3 * normal(4, 7)  # noqa: E731: on both sides of every bend
for name, call in {
    "relu6": F.relu6, "selu": F.selu, "mish": F.mish, "hardswish": F.hardswish,
    "softsign": F.softsign, "logsigmoid": F.logsigmoid,
}.items():
    add(name, name, {"x": wide()}, lambda x, call=call: call(x))
# F.hardsigmoid multiplies its gradient by 1/6 in float32
add("hardsigmoid", "hardsigmoid", {"x": wide()}, lambda x: F.hardtanh(x / 6 + 0.5, 0, 1))
add("gelu by tanh", "gelu", {"x": wide()}, lambda x: F.gelu(x, approximate="tanh"), approximate="tanh")
# PyTorch 1.13 rounds 1 / alpha to float32, so alpha is a power of two
add("celu, alpha 0.5", "celu", {"x": wide()}, lambda x: F.celu(x, 0.5), alpha=0.5)
add("softplus, beta 2", "softplus", {"x": normal(4, 7)}, lambda x: F.softplus(x, 2), beta=2)
add("hardtanh", "hardtanh", {"x": wide()}, lambda x: F.hardtanh(x, -2, 0.5), min=-2, max=0.5)
add("glu", "glu", {"x": wide()}, lambda x: F.glu(x, 0), axis=0)
add("prelu", "prelu", {"x": normal(2, 3, 4), "weight": normal(3)}, lambda x, weight: F.prelu(x, weight))

condition = normal(3, 1) > 0
add("where", "where", {"condition": condition, "x": normal(3, 4), "y": normal(4)},
    lambda condition, x, y: torch.where(condition, x, y))
add("maskedFill", "maskedFill", {"x": normal(3, 4), "mask": condition},
    lambda x, mask: x.masked_fill(mask, -2.5), value=-2.5)
add("stack", "stack", {"a": normal(2, 3), "b": normal(2, 3)}, lambda a, b: torch.stack([a, b], 1), axis=1)
add("matmul of a vector", "matmul", {"x": normal(4), "y": normal(2, 4, 3)}, lambda x, y: x @ y)

content = {"family": "operations", "source": f"PyTorch {torch.__version__}, float64 autograd", "cases": cases}
path = pathlib.Path(__file__).with_name("operations.json")
path.write_text(json.dumps(content, separators=(",", ":")) + "\n")
print(f"{path.name}: {len(cases)} cases, {path.stat().st_size} bytes")
