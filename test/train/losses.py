"""Writes losses.json: the losses of a run beside cross-entropy, as PyTorch has them. /usr/bin/python3 test/train/losses.py"""
import json
import pathlib
import torch
from torch.nn.functional import mse_loss, multi_margin_loss, one_hot

torch.manual_seed(0)
logits = torch.randn(4, 3, dtype=torch.float64)
labels = torch.tensor([2, 0, 1, 1])
losses = {
    "mse": lambda z: mse_loss(z, one_hot(labels, 3).double()),
    "smoothed mse": lambda z: mse_loss(z, 0.9 * one_hot(labels, 3).double() + 0.1 / 3),
    "hinge": lambda z: multi_margin_loss(z, labels),
}


def case(loss):
    z = logits.clone().requires_grad_()
    value = loss(z)
    value.backward()
    return {"loss": value.item(), "dlogits": z.grad.flatten().tolist()}


content = {
    "origin": f"PyTorch {torch.__version__}, test/train/losses.py",
    "logits": logits.flatten().tolist(),
    "labels": labels.tolist(),
    "cases": {name: case(loss) for name, loss in losses.items()},
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(content, indent=2) + "\n")
