"""
The models of the registry (src/nn/models) as modules of PyTorch (../../pytorch/models.py), by which docs/pytorch.md says what they are.

    python3 models.py names                the names and shapes of every case of models.json, written into it
    python3 models.py check DIR            load_state_dict(strict=True) of DIR/0.safetensors, 1, ..., and their logits
"""

import json
import os
import sys

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../pytorch"))

import models  # noqa: E402
from safetensors_file import load_file  # noqa: E402

INPUT, CLASSES = (16, 20, 3), 10


def build(model, options):
    """The module of a case, whose options are those of createModel."""
    return models.build({"model": model, **options.get("normOptions", {}), **options}, INPUT, CLASSES)


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
