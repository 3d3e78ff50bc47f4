"""torch.optim in float64, for rmsprop-maximize.json: RMSprop, and `maximize` of all optimizers. README.md has the format.

    python3 test/golden/rmsprop-maximize.py

Needs PyTorch only (Debian: apt-get install python3-torch).
"""

import json
import pathlib

import torch

torch.set_default_dtype(torch.float64)
SHAPES = [[2, 3], [4], []]
STEPS = 6
OPTIMIZERS = {
    "sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "rmsprop": torch.optim.RMSprop,
}
NAMES = {"weightDecay": "weight_decay"}


def encode(value):
    return {"shape": list(value.shape), "data": value.detach().reshape(-1).tolist()}


def case(name, op, attrs, seed):
    generator = torch.Generator().manual_seed(seed)
    randn = lambda shape: torch.randn(shape, generator=generator).mul(1000).round().div(1000)
    parameters = [torch.nn.Parameter(randn(shape)) for shape in SHAPES]
    inputs = {f"p{i}": encode(each) for i, each in enumerate(parameters)}
    optimizer = OPTIMIZERS[op](parameters, **{NAMES.get(key, key): value for key, value in attrs.items()})
    gradients, after = [], []
    for _ in range(STEPS):
        for each in parameters:
            each.grad = randn(each.shape)
        gradients.append([encode(each.grad) for each in parameters])
        optimizer.step()
        after.append([encode(each) for each in parameters])
    return {"name": name, "op": op, "attrs": attrs, "inputs": inputs, "gradSequence": gradients, "paramSequence": after}


settings = [
    ("rmsprop", "rmsprop", {"lr": 0.01}),
    ("rmsprop alpha eps wd", "rmsprop", {"lr": 0.02, "alpha": 0.9, "eps": 1e-3, "weightDecay": 0.1}),
    ("rmsprop momentum", "rmsprop", {"lr": 0.01, "momentum": 0.9}),
    ("rmsprop centered", "rmsprop", {"lr": 0.01, "centered": True}),
    ("rmsprop all", "rmsprop", {"lr": 0.01, "alpha": 0.95, "momentum": 0.8, "centered": True, "weightDecay": 0.05}),
    ("rmsprop maximize", "rmsprop",
     {"lr": 0.01, "momentum": 0.8, "centered": True, "weightDecay": 0.05, "maximize": True}),
    ("sgd maximize", "sgd", {"lr": 0.1, "maximize": True}),
    ("sgd maximize nesterov wd", "sgd",
     {"lr": 0.05, "momentum": 0.8, "nesterov": True, "weightDecay": 0.1, "maximize": True}),
    ("sgd maximize dampening", "sgd", {"lr": 0.05, "momentum": 0.8, "dampening": 0.3, "maximize": True}),
    ("adam maximize wd amsgrad", "adam", {"lr": 0.02, "weightDecay": 0.05, "amsgrad": True, "maximize": True}),
    ("adamw maximize", "adamw", {"lr": 0.02, "weightDecay": 0.1, "maximize": True}),
]
cases = [case(*setting, seed) for seed, setting in enumerate(settings)]
path = pathlib.Path(__file__).with_suffix(".json")
content = {"family": "optim", "source": f"PyTorch {torch.__version__}, float64, {pathlib.Path(__file__).name}", "cases": cases}
path.write_text(json.dumps(content, separators=(",", ":")) + "\n")
print(f"{path.name}: {len(cases)} cases, {path.stat().st_size} bytes")
