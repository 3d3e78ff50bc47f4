"""
Small networks with everything whose names or layouts differ between PyTorch and this library, with weights, an input and logits.

    python3 nets.py nets.safetensors
"""

import os
import sys

import torch
from torch import nn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../pytorch"))

from safetensors_file import save_file  # noqa: E402

torch.manual_seed(1)
torch.set_num_threads(1)

# Images that are not square: H and W must not be taken for each other.
flat = nn.Sequential(
    nn.Conv2d(2, 4, (3, 5), padding=(1, 2), groups=2),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.BatchNorm1d(4 * 3 * 4),
    nn.Linear(4 * 3 * 4, 7),
    nn.LayerNorm(7),
    nn.Linear(7, 3),
)

normed = nn.Sequential(
    nn.Conv2d(2, 6, 3, bias=False),
    nn.GroupNorm(2, 6),
    nn.ReLU(),
    nn.Conv2d(6, 6, 1),
    nn.InstanceNorm2d(6, affine=True),
    nn.LayerNorm([6, 4, 6]),
    nn.BatchNorm2d(6, momentum=None),
    nn.Flatten(),
    nn.Linear(6 * 4 * 6, 3),
)

ofweights = nn.Sequential(
    nn.utils.weight_norm(nn.Conv2d(2, 3, 3)),
    nn.ReLU(),
    nn.utils.spectral_norm(nn.Conv2d(3, 4, (2, 3))),
    nn.ReLU(),
    nn.Flatten(),
    nn.utils.weight_norm(nn.Linear(4 * 3 * 4, 5)),
    nn.ReLU(),
    nn.utils.spectral_norm(nn.Linear(5, 4)),
    nn.Linear(4, 3),
)

lines = nn.Sequential(
    nn.Flatten(2),
    nn.Conv1d(2, 4, 5, padding=1, groups=2),
    nn.BatchNorm1d(4),
    nn.ReLU(),
    nn.ConvTranspose1d(4, 6, 3, stride=2, groups=2),
    nn.MaxPool1d(3),
    nn.Flatten(),
    nn.Linear(6 * 31, 3),
)

enlarged = nn.Sequential(
    nn.ConvTranspose2d(2, 4, (2, 3), stride=2, groups=2),
    nn.InstanceNorm2d(4, affine=True, track_running_stats=True),
    nn.PReLU(4),
    nn.AvgPool2d(3),
    nn.Flatten(),
    nn.Linear(4 * 4 * 5, 3),
)

tensors = {}
x = torch.randn(5, 2, 6, 8)
for name, net in {"flat": flat, "normed": normed, "ofweights": ofweights, "lines": lines, "enlarged": enlarged}.items():
    for parameter in net.parameters():
        if parameter.dim() == 1:
            nn.init.uniform_(parameter, 0.5, 1.5)
    for module in net.modules():
        if isinstance(module, nn.LayerNorm):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
    for _ in range(4):
        net(torch.randn(5, 2, 6, 8))
    tensors[f"{name}.logits"] = net.eval()(x)
    tensors.update({f"{name}.net.{key}": value for key, value in net.state_dict().items()})
save_file({"x": x, **tensors}, sys.argv[1], {"format": "pt", "origin": f"nets.py, PyTorch {torch.__version__}"})
