"""Training and evaluation of torch.nn.InstanceNorm1d, 2d and 3d with running statistics, in float64: instanceNorm.json.

    python3 test/nn/norm/instanceNorm.py

Each case: three training batches [N, C, ...] one after the other, the running statistics behind them, and evaluation of the last
batch with a dL/dy. Needs PyTorch only (Debian: apt-get install python3-torch).
"""

import json
import pathlib

import torch

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)


def flat(x):
    return {"shape": list(x.shape), "data": [round(each, 12) for each in x.detach().reshape(-1).tolist()]}


def case(layer, shapes, momentum):
    norm = layer(shapes[0][1], momentum=momentum, affine=True, track_running_stats=True)
    with torch.no_grad():
        for parameter in norm.parameters():
            parameter.add_(0.4 * torch.randn_like(parameter)).mul_(1e6).round_().div_(1e6)
    batches = [(1.5 * torch.randn(shape) + 0.7).mul_(1e4).round_().div_(1e4) for shape in shapes]
    outputs = [norm(batch) for batch in batches]
    norm.eval()
    x = batches[-1].clone().requires_grad_()
    dy = torch.randn(shapes[-1]).mul_(1e4).round_().div_(1e4)
    y = norm(x)
    y.backward(dy)
    return {
        "layer": layer.__name__,
        "momentum": momentum,
        "gamma": flat(norm.weight),
        "beta": flat(norm.bias),
        "batches": [flat(batch) for batch in batches],
        "lastOutput": flat(outputs[-1]),
        "runningMean": flat(norm.running_mean),
        "runningVar": flat(norm.running_var),
        "evaluation": {
            "y": flat(y),
            "dy": flat(dy),
            "dx": flat(x.grad),
            "dgamma": flat(norm.weight.grad),
            "dbeta": flat(norm.bias.grad),
        },
    }


cases = [
    case(torch.nn.InstanceNorm1d, [(3, 2, 5), (2, 2, 5), (4, 2, 3)], 0.1),
    case(torch.nn.InstanceNorm2d, [(2, 3, 2, 3)] * 3, 0.3),
    case(torch.nn.InstanceNorm3d, [(2, 2, 2, 1, 3)] * 3, 0.1),
]
path = pathlib.Path(__file__).with_suffix(".json")
origin = f"PyTorch {torch.__version__}, test/nn/norm/instanceNorm.py, float64, seed 0"
path.write_text(json.dumps({"origin": origin, "cases": cases}, separators=(",", ":")) + "\n")
print(path.stat().st_size, "bytes")
