"""torch.nn.functional.cross_entropy with all of its options together, in float64: crossEntropy.json.

    python3 test/autograd/crossEntropy.py

PyTorch's own samples (test/samples) have no label smoothing. Needs PyTorch only (Debian: apt-get install python3-torch).
"""

import itertools
import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)


def rounded(*shape):
    return torch.randn(shape).mul_(1e3).round_().div_(1e3)


def flat(x):
    return {"shape": list(x.shape), "data": [round(each, 13) for each in x.detach().reshape(-1).tolist()]}


def case(smoothing, weighed, kind, reduction, positions):
    logits = rounded(3, 4, *positions)
    weight = rounded(4).abs() + 0.1 if weighed else None
    if kind == "probabilities":
        target = torch.softmax(rounded(3, 4, *positions), 1).mul_(1e6).round_().div_(1e6).requires_grad_()
    else:
        target = torch.randint(0, 4, (3, *positions))
    if kind == "ignored":
        target.reshape(-1)[1] = -100
    logits.requires_grad_()
    y = F.cross_entropy(logits, target, weight, reduction=reduction, label_smoothing=smoothing)
    dy = rounded(*y.shape)
    y.backward(dy)
    return {
        "smoothing": smoothing,
        "reduction": reduction,
        "kind": kind,
        "weight": weight.tolist() if weighed else None,
        "logits": flat(logits),
        "target": flat(target),
        "y": flat(y),
        "dy": flat(dy),
        "dlogits": flat(logits.grad),
        "dtarget": flat(target.grad) if kind == "probabilities" else None,
    }


cases = [
    case(*options)
    for options in itertools.product(
        [0.0, 0.3], [False, True], ["labels", "ignored", "probabilities"], ["mean", "sum", "none"], [(), (2,)]
    )
]
path = pathlib.Path(__file__).with_suffix(".json")
origin = f"PyTorch {torch.__version__}, test/autograd/crossEntropy.py, float64, seed 0"
path.write_text(json.dumps({"origin": origin, "cases": cases}, separators=(",", ":")) + "\n")
print(len(cases), "cases,", path.stat().st_size, "bytes")
