"""PyTorch as the other engine: trains what normgrad tells it, batch by batch. Started by `normgrad parity` (src/pytorch/worker.ts).

On stdin come requests, each a line of JSON with the number of bytes that follow it: tensors, as a .safetensors file has them.

    {"do": "begin", "config", "input", "classes", "steps", "dtype", "bytes"}   the first weights
    {"do": "step", "bytes"}          x [N, H, W, C] and labels [N]: one step of training -> {"loss", "accuracy"}; with mixed images
                                    otherLabels [N], too, and "share", that of the first labels; of each layer that draws, k,
                                    drawn.k.scale and, of noise, drawn.k.shift, [N, H, W, C] where it takes an image or
                                    a flattened one
    {"do": "test", "bytes"}          the same in evaluation mode, without a step
    {"do": "probe", "name", "bytes"} what the probe of that name measures (probes.py), of tensors as for a step

On stdout goes an answer for each, a line of JSON; {"error": text} for what PyTorch cannot do.
"""

import json
import math
import os
import sys

# OpenBLAS 0.3.21 does not know newer CPUs and then falls back to slow kernels.
if os.path.exists("/proc/cpuinfo") and "avx512f" in open("/proc/cpuinfo").read():
    os.environ.setdefault("OPENBLAS_CORETYPE", "SKYLAKEX")

import torch

from blocks import Drawn
from models import build
from probes import PROBES
from safetensors_file import decode
from training import create_optimizer, create_schedule, evaluate, train_step

DTYPES = {"float32": torch.float32, "float64": torch.float64}


class Run:
    """A network in training."""

    def __init__(self, request, weights):
        self.config, self.dtype = request["config"], DTYPES[request["dtype"]]
        self.network = build(self.config, request["input"], request["classes"]).to(self.dtype)
        self.network.load_state_dict(weights, strict=True)
        self.drawing = [module for module in self.network.modules() if isinstance(module, Drawn)]
        self.optimizer = create_optimizer(self.config, self.network)
        self.schedule = create_schedule(self.config, self.optimizer, request["steps"])
        self.lr = min(self.schedule.get_last_lr())  # of the last step, or of the first

    def batch(self, tensors):
        images = self.turned(tensors["x"])
        share, labels = tensors.get("share", 1), tensors["labels"].long()
        if "otherLabels" not in tensors:
            return images, [(1, labels)]
        return images, [(share, labels), (1 - share, tensors["otherLabels"].long())]

    def take_drawn(self, tensors):
        drawn = {name: self.turned(tensor) for name, tensor in tensors.items() if name.startswith("drawn.")}
        for k, module in enumerate(self.drawing):
            module.scale, module.shift = drawn[f"drawn.{k}.scale"], drawn.get(f"drawn.{k}.shift")

    def turned(self, tensor):
        """Channels come second here."""
        return (tensor.permute(0, 3, 1, 2).contiguous() if tensor.dim() == 4 else tensor).to(self.dtype)

    def step(self, tensors):
        self.take_drawn(tensors)
        self.lr = min(self.schedule.get_last_lr())
        return train_step(self.config, self.network, self.optimizer, self.schedule, *self.batch(tensors))

    def test(self, tensors):
        return evaluate(self.config, self.network, *self.batch(tensors))

    def probe(self, name, tensors):
        self.take_drawn(tensors)
        return PROBES[name](self.config, self.network, *self.batch(tensors), self.lr)


def answer(request, tensors, run):
    """The answer, and the run that goes on."""
    if request["do"] == "begin":
        run = Run(request, tensors)
        parameters = sum(parameter.numel() for parameter in run.network.parameters())
        return {"parameters": parameters, "drawing": len(run.drawing)}, run
    if request["do"] == "probe":
        return run.probe(request["name"], tensors), run
    return getattr(run, request["do"])(tensors), run


def words(value):
    """JSON has no NaN and no infinity: src/json.ts reads these."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: words(each) for key, each in value.items()}
    return [words(each) for each in value] if isinstance(value, (list, tuple)) else value


def main():
    answers, sys.stdout = sys.stdout, sys.stderr  # what libraries print gets in between no answers

    def say(content):
        print(json.dumps(words(content)), file=answers, flush=True)

    torch.set_num_threads(int(sys.argv[1]))
    say({"torch": torch.__version__, "python": sys.version.split()[0]})
    run = None
    while True:
        line = sys.stdin.buffer.readline()
        if not line:
            return
        request = json.loads(line)
        tensors = decode(sys.stdin.buffer.read(request["bytes"]))
        tensors.update({"share": request["share"]} if "share" in request else {})
        try:
            content, run = answer(request, tensors, run)
            say(content)
        except Exception as error:  # noqa: BLE001: whatever it is, the other side says it
            say({"error": f"{type(error).__name__}: {error}"})


main()
