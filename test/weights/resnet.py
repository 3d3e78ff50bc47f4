"""
A ResNet-18 as torchvision writes it (torchvision/models/resnet.py, BasicBlock, [2, 2, 2, 2]), in plain PyTorch.

    python3 resnet.py golden OUT                 the small network, its logits and one step of training (resnet.safetensors)
    python3 resnet.py make OUT [--width 64]      the network at its real width, with an input and its logits, and after a step
    python3 resnet.py check FILE --width W       load_state_dict(strict=True) of FILE, and its logits against those in there
"""

import argparse
import os
import sys

import torch
from torch import nn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../pytorch"))

from safetensors_file import load_file, save_file  # noqa: E402


class BasicBlock(nn.Module):
    def __init__(self, inplanes, planes, stride=1, downsample=None):
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = downsample

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return self.relu(out + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self, width=64, classes=1000):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.inplanes = width
        self.layer1 = self.stage(width, 1)
        self.layer2 = self.stage(2 * width, 2)
        self.layer3 = self.stage(4 * width, 2)
        self.layer4 = self.stage(8 * width, 2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(8 * width, classes)

    def stage(self, planes, stride):
        downsample = None
        if stride != 1 or self.inplanes != planes:
            downsample = nn.Sequential(nn.Conv2d(self.inplanes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))
        first = BasicBlock(self.inplanes, planes, stride, downsample)
        self.inplanes = planes
        return nn.Sequential(first, BasicBlock(planes, planes))

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


def trained_a_little(width, classes, shape):
    """With running statistics that are not 0 and 1, and gamma and beta that are not 1 and 0."""
    torch.manual_seed(1)
    model = ResNet(width, classes)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1, 0.1)
            nn.init.normal_(module.bias, 0, 0.1)
    for _ in range(3):
        model(torch.randn(shape))
    return model


def record(model, x, labels, steps):
    """The state before and after some steps of SGD, the logits in evaluation and the losses of the steps."""
    before = {name: value.clone() for name, value in model.state_dict().items()}
    logits = model.eval()(x)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model.train()
    losses = []
    for _ in range(steps):
        loss = nn.functional.cross_entropy(model(x), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss)
    out = {"logits": logits, "losses": torch.stack(losses), "labels": labels}
    out.update({f"before.{name}": value for name, value in before.items()})
    out.update({f"after.{name}": value for name, value in model.state_dict().items()})
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["golden", "make", "check"])
    parser.add_argument("path")
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--classes", type=int, default=10)
    args = parser.parse_args()
    torch.set_num_threads(1)
    metadata = {"format": "pt", "origin": f"{os.path.basename(__file__)}, PyTorch {torch.__version__}"}
    if args.what == "check":
        state = load_file(args.path)
        x, logits = state.pop("x"), state.pop("logits")
        model = ResNet(args.width, args.classes).eval()
        print(model.load_state_dict(state, strict=True))
        print("largest difference of the logits:", float((model(x.float()) - logits).abs().max().detach()))
        print("batches:", int(state["bn1.num_batches_tracked"]))
        return
    small = args.what == "golden"
    width, classes, shape = (2, 5, (4, 3, 48, 48)) if small else (args.width, args.classes, (4, 3, 64, 64))
    model = trained_a_little(width, classes, shape)
    torch.manual_seed(2)
    # Half precision, so that the file is small; what the network sees is exactly that.
    x = torch.randn(shape).half()
    labels = torch.arange(shape[0]) % classes
    # Only a second step sees the momentum. At the real width rounding grows by a thousand from step to step.
    save_file({"x": x, **record(model, x.float(), labels, 2 if small else 1)}, args.path, metadata)


main()
