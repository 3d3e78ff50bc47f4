"""
Networks whose forward pass turns axes, with weights, an input and logits: in what order PyTorch has what a layer is given.

    python3 orders.py orders.safetensors
"""

import os
import sys

import torch
from torch import nn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../pytorch"))

from safetensors_file import save_file  # noqa: E402

torch.manual_seed(2)
torch.set_num_threads(1)


class Net(nn.Module):
    def __init__(self, run, **layers):
        super().__init__()
        self.run = run
        for name, layer in layers.items():
            setattr(self, name, layer)

    def forward(self, x):
        return self.run(self, x)


encoder = nn.TransformerEncoderLayer(4, 2, 8, dropout=0, batch_first=True)

# Images [N, 2, 3, 4]
nets = {
    "slopes": Net(
        lambda net, x: net.fc(net.slopes(net.conv(x).flatten(1))),
        conv=nn.Conv2d(2, 2, 1), slopes=nn.PReLU(24), fc=nn.Linear(24, 3),
    ),
    "turned": Net(lambda net, x: net.fc(x.transpose(2, 3).flatten(1)), fc=nn.Linear(24, 3)),
    "columns": Net(lambda net, x: net.fc(x.permute(0, 3, 1, 2).flatten(2)).sum(1), fc=nn.Linear(6, 3)),
    "side": Net(
        lambda net, x: net.fc(torch.stack([x.flatten(1), x.relu().flatten(1)], 1)).flatten(1), fc=nn.Linear(24, 3)
    ),
    "sequence": Net(
        lambda net, x: net.fc(net.norm(net.conv(x.flatten(2))).flatten(1)),
        conv=nn.Conv1d(2, 4, 3), norm=nn.LayerNorm([4, 10]), fc=nn.Linear(40, 3),
    ),
    "tokens": Net(
        lambda net, x: net.fc(net.block(net.conv(x.flatten(2)).transpose(1, 2)).flatten(1)),
        conv=nn.Conv1d(2, 4, 3), block=encoder, fc=nn.Linear(40, 3),
    ),
}

tensors = {}
x = torch.randn(5, 2, 3, 4)
for name, net in nets.items():
    for parameter in net.parameters():
        nn.init.uniform_(parameter, -0.6, 0.6)
    with torch.no_grad():
        tensors[f"{name}.logits"] = net.eval()(x)
    tensors.update({f"{name}.net.{key}": value for key, value in net.state_dict().items()})
save_file({"x": x, **tensors}, sys.argv[1], {"format": "pt", "origin": f"orders.py, PyTorch {torch.__version__}"})
