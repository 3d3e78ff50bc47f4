"""PyTorch's recurrent layers, attention and encoder layers in float64, as JSON for the tests beside.

    python3 test/nn/torch/sequence.py      writes test/nn/torch/sequence.json

Every case has the layer's state_dict, its inputs, a dL/doutput for each output drawn at random, the outputs, and the gradients of
the inputs and of the parameters. Batches come first (batch_first). Needs PyTorch only (Debian: apt-get install python3-torch).
"""

import json
import pathlib

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
generator = torch.Generator().manual_seed(11)


def randn(*shape):
    return torch.randn(*shape, generator=generator).mul(100).round().div(100)  # short numbers, exact in the file


def encode(value):
    return {"shape": list(value.shape), "data": value.detach().reshape(-1).tolist()}


def case(name, kind, options, layer, inputs, call, outputs):
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(randn(*parameter.shape) / 2)
    for each in inputs.values():
        each.requires_grad_(True)
    results = call(layer, inputs)
    upstream = [randn(*each.shape) for each in results]
    sum((result * up).sum() for result, up in zip(results, upstream)).backward()
    return {
        "name": name,
        "kind": kind,
        "options": options,
        "parameters": {key: encode(value) for key, value in layer.named_parameters()},
        "inputs": {key: encode(value) for key, value in inputs.items()},
        "outputs": {key: encode(value) for key, value in zip(outputs, results)},
        "upstream": {key: encode(value) for key, value in zip(outputs, upstream)},
        "inputGradients": {key: encode(value.grad) for key, value in inputs.items()},
        "parameterGradients": {key: encode(value.grad) for key, value in layer.named_parameters()},
    }


def recurrent(kind, layers, bidirectional, bias, state):
    steps, samples, features, hidden = 4, 3, 5, 2
    options = {"layers": layers, "bidirectional": bidirectional, "bias": bias}
    layer = (nn.GRU if kind == "gru" else nn.LSTM)(
        features, hidden, num_layers=layers, bidirectional=bidirectional, bias=bias, batch_first=True
    )
    inputs = {"x": randn(samples, steps, features)}
    names = ["output", "hidden"] + (["cell"] if kind == "lstm" else [])
    if state:
        count = layers * (2 if bidirectional else 1)
        for key in names[1:]:
            inputs[key] = randn(count, samples, hidden)

    def call(layer, inputs):
        given = [inputs[key] for key in names[1:] if key in inputs]
        start = (given[0] if kind == "gru" else tuple(given)) if given else None
        output, last = layer(inputs["x"], start)
        return [output, *((last,) if kind == "gru" else last)]

    name = f"{kind} {layers} layers{', both directions' if bidirectional else ''}"
    name += f"{'' if bias else ', no bias'}{', given state' if state else ''}"
    return case(name, kind, options, layer, inputs, call, names)


def attention(name, options, masks=None, cross=False):
    features, heads = 6, 3
    layer = nn.MultiheadAttention(
        features, heads, bias=options.get("bias", True), kdim=options.get("keyFeatures"),
        vdim=options.get("valueFeatures"), batch_first=True,
    )
    inputs = {"queries": randn(2, 4, features)}
    if cross:
        inputs["keys"] = randn(2, 5, options.get("keyFeatures", features))
        inputs["values"] = randn(2, 5, options.get("valueFeatures", features))
    masks = masks or {}

    def call(layer, inputs):
        queries = inputs["queries"]
        arguments = {key: torch.tensor(value) for key, value in masks.items()}
        output, weights = layer(
            queries, inputs.get("keys", queries), inputs.get("values", queries),
            average_attn_weights=False, **arguments,
        )
        return [output, weights]

    result = case(name, "attention", {"features": features, "heads": heads, **options}, layer, inputs, call,
                  ["output", "weights"])
    return {**result, "masks": masks}


def encoder(norm_first, activation):
    layer = nn.TransformerEncoderLayer(
        6, 2, dim_feedforward=8, dropout=0.0, activation=activation, batch_first=True, norm_first=norm_first
    )
    options = {"features": 6, "heads": 2, "hidden": 8, "activation": activation,
               "normPlacement": "before" if norm_first else "after"}
    name = f"encoder layer, norm {options['normPlacement']}, {activation}"
    return case(name, "encoder", options, layer, {"x": randn(2, 3, 6)},
                lambda layer, inputs: [layer(inputs["x"])], ["output"])


cases = [
    recurrent(kind, layers, bidirectional, bias, state)
    for kind in ["gru", "lstm"]
    for layers, bidirectional, bias, state in [
        (1, False, True, False),
        (1, False, False, True),
        (1, True, True, True),
        (2, False, True, True),
        (3, True, True, False),
    ]
]
hidden = [[False, True, True, False], [False, False, True, True], [True, False, False, False], [False] * 4]
padding = [[False, False, True, True], [False, False, False, True]]
cases += [
    attention("self", {}),
    attention("self, no bias", {"bias": False}),
    attention("self, boolean mask", {}, {"attn_mask": hidden}),
    attention("self, additive mask", {}, {"attn_mask": [[0.5 * i - j for j in range(4)] for i in range(4)]}),
    attention("self, padding", {}, {"key_padding_mask": padding}),
    attention("cross", {}, cross=True),
    attention("cross, other features", {"keyFeatures": 3, "valueFeatures": 5}, cross=True),
]
cases += [encoder(norm_first, activation) for norm_first in [True, False] for activation in ["relu", "gelu"]]

path = pathlib.Path(__file__).with_suffix(".json")
content = {"origin": f"PyTorch {torch.__version__}, float64, seed 11, test/nn/torch/sequence.py", "cases": cases}
path.write_text(json.dumps(content, separators=(",", ":")) + "\n")
print(f"{path.name}: {len(cases)} cases, {path.stat().st_size} bytes")
