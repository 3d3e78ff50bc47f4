"""The models of normgrad (src/nn/models) as modules of PyTorch, built from a run's settings.

Layers have the places and names that normgrad's exported files have: docs/pytorch.md.
"""

from torch import nn

from blocks import Block, CircularPad, Drawn, GlobalAvgPool, PreActivationBlock
from norms import WEIGHT_NORMS, create_norm
from recurrent import NormalizedGru
from transformer import EncoderLayer, MeanOfTokens, Patches, Positions, on_tokens
from weight_norms import normalize_weights

ACTIVATIONS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "gelu": nn.GELU, "silu": nn.SiLU}


class Plan:
    """A run's settings, [height, width, channels] of its images and its number of classes, as the models ask for them."""

    def __init__(self, config, shape, classes, **options):
        self.config, (self.height, self.width, self.channels), self.classes, self.options = config, shape, classes, options

    def get(self, name, default):
        value = self.config.get(name)
        return default if value is None else value

    def norm(self, channels, images=True, name=None):
        """The norm for so many channels as a list, empty for none."""
        name = name or self.config["norm"]
        if name == "none" or name in WEIGHT_NORMS:
            return []
        given = {key: value for key, value in self.config.items() if value is not None}
        return [create_norm(name, channels, {**self.options, **given}, images)]

    def norm_relu(self, channels, images=True, activation="relu"):
        """The norm and its activation; a norm that brings its own takes the place of a ReLU."""
        norm = self.norm(channels, images)
        if norm and activation == "relu" and getattr(norm[0], "activates", False):
            norm[0].active = True
            return [*norm, nn.Identity()]
        return [*norm, ACTIVATIONS[activation]()]

    def behind(self, channels, images=True, activation="relu"):
        """What stands behind a hidden layer: dropout, norm, noise, activation, dropout, as far as they are there."""
        *norm, last = self.norm_relu(channels, images, activation)
        if self.get("noise", False):
            if norm and getattr(norm[0], "active", False):
                norm[0].active, last = False, nn.ReLU()
            norm = [*norm, Drawn()]
        return [*self.drop("before"), *norm, last, *self.drop("after")]

    def drop(self, place):
        return [Drawn()] if self.get("dropout", 0) > 0 and place == self.get("dropoutPlace", "after") else []

    def bias(self, channels, images=True):
        """Layers in front of a norm that adds a learned number to each channel go without a bias."""
        names = [name for norm in self.norm(channels, images) for name, _ in norm.named_parameters()]
        return not any(name.startswith(("beta", "bias")) for name in names)


def mlp(plan):
    features, layers = plan.height * plan.width * plan.channels, [nn.Flatten()]
    for size in plan.get("hidden", [128, 128]):
        layers += [nn.Linear(features, size, bias=plan.bias(size, images=False))]
        layers += plan.behind(size, False, plan.get("activation", "relu"))
        features = size
    return nn.Sequential(*layers, *plan.drop("last"), nn.Linear(features, plan.classes))


def stages(plan, widths, convs=None):
    """VGG: convolutions, each with its norm and ReLU, and a pooling behind every stage."""
    height, width, channels, layers = plan.height, plan.width, plan.channels, []
    widths = plan.get("widths", widths)
    for out, count in zip(widths, plan.get("convs", convs or [2] * len(widths))):
        for _ in range(count):
            layers += [nn.Conv2d(channels, out, 3, padding=1, bias=plan.bias(out)), *plan.behind(out)]
            channels = out
        layers += [nn.MaxPool2d(2)]
        height, width = height // 2, width // 2
    return nn.Sequential(*layers, nn.Flatten(), *plan.drop("last"), nn.Linear(height * width * channels, plan.classes))


def vgg_group_norm(plan):
    """16 groups under GroupNorm."""
    plan.options["groups"] = 16
    return stages(plan, [64, 128, 256, 512, 512], None if plan.config.get("widths") else [2, 2, 3, 3, 3])


def resnet(depth, plan, widths=(16, 32, 64), before=False):
    widths, before = plan.get("widths", widths), plan.get("preActivation", before)
    channels = widths[0]
    layers = [nn.Conv2d(plan.channels, channels, 3, padding=1, bias=plan.bias(channels))]
    if not before:
        layers += plan.norm_relu(channels)
    for stage, out in enumerate(widths):
        for i in range((depth - 2) // 6):
            stride = 2 if stage > 0 and i == 0 else 1
            layers += [(PreActivationBlock if before else Block)(channels, out, stride, plan)]
            channels = out
    if before:
        layers += plan.norm_relu(channels)
    return nn.Sequential(*layers, GlobalAvgPool(), nn.Linear(channels, plan.classes))


def layernorm_seed(plan):
    height, width, channels, layers = plan.height, plan.width, plan.channels, []
    for out in (5, 10):
        height, width = height - 2, width - 2
        layers += [nn.Conv2d(channels, out, 3)]
        if plan.config["norm"] == "layer":
            layers += [nn.LayerNorm([out, height, width], eps=plan.get("eps", 1e-5)), nn.ReLU()]
        else:
            layers += plan.norm_relu(out)
        channels = out
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(height * width * channels, plan.classes))


def tutorial(plan):
    """eps 1e-3, as in Keras; 'layer' is over the channels of each pixel."""
    plan.options["eps"] = 1e-3
    features = (plan.height - 2) * (plan.width - 2) * 10
    norm = plan.norm(10, name="layer-position" if plan.config["norm"] == "layer" else None)
    layers = [nn.Conv2d(plan.channels, 10, 3), *norm, nn.Flatten(), nn.Linear(features, 128)]
    return nn.Sequential(*layers, nn.ReLU(), Drawn(), nn.Linear(128, plan.classes))


KERAS = {"eps": 1e-3, "normMomentum": 0.01, "runningVar": "biased"}


def keras_dense(plan, features=None, hidden=(64, 64)):
    plan.options.update(KERAS)
    features, layers = features or plan.height * plan.width * plan.channels, [nn.Flatten()]
    for size in plan.get("hidden", hidden):
        layers += [nn.Linear(features, size, bias=keras_bias(plan, size, False)), *keras_norm(plan, size, False)]
        features = size
    return nn.Sequential(*layers, nn.Linear(features, plan.classes))


def keras_conv(plan):
    plan.options.update(KERAS)
    height, width, channels, layers = plan.height, plan.width, plan.channels, []
    for out in plan.get("widths", (16, 32)):
        layers += [nn.Conv2d(channels, out, 3, bias=keras_bias(plan, out, True)), *keras_norm(plan, out, True)]
        layers += [nn.MaxPool2d(2)]
        height, width, channels = (height - 2) // 2, (width - 2) // 2, out
    return nn.Sequential(*layers, *keras_dense(plan, height * width * channels, (64,)))


def keras_norm(plan, channels, images):
    if plan.get("normPlacement", "after") == "before":
        return plan.norm_relu(channels, images)
    return [nn.ReLU(), *plan.norm(channels, images)]


def keras_bias(plan, channels, images):
    return plan.get("normPlacement", "after") == "after" or plan.bias(channels, images)


def random_conv(plan):
    (width,), channels, layers = plan.get("widths", [64]), plan.channels, []
    for _ in range(plan.get("depth", 20)):
        layers += [CircularPad(), nn.Conv2d(channels, width, 3, bias=False), *plan.norm_relu(width)]
        channels = width
    return nn.Sequential(*layers, GlobalAvgPool(), nn.Linear(width, plan.classes))


def gru(plan):
    (hidden,) = plan.get("hidden", [64])
    reader = NormalizedGru(plan.width * plan.channels, hidden, plan.height, plan)
    return nn.Sequential(reader, nn.Linear(hidden, plan.classes))


def transformer(plan):
    """'layer' is over the features of each token."""
    if plan.config["norm"] == "layer":
        plan.config = {**plan.config, "norm": "layer-position"}
    width, before = plan.get("width", 64), plan.get("normPlacement", "before") == "before"
    patch = plan.get("patch", max(n for n in range(1, 8) if plan.height % n == 0 and plan.width % n == 0))
    layers = [Patches(patch), nn.Linear(patch * patch * plan.channels, width)]
    layers += [Positions(plan.height * plan.width // patch**2, width)]
    layers += [EncoderLayer(width, plan.get("heads", 4), before, plan) for _ in range(plan.get("depth", 4))]
    layers += [on_tokens(norm) for norm in plan.norm(width, False)] if before else []
    return nn.Sequential(*layers, MeanOfTokens(), nn.Linear(width, plan.classes))


MODELS = {
    "mlp": mlp,
    "cnn": lambda plan: stages(plan, [8, 16]),
    "deep-cnn": lambda plan: stages(plan, [32, 64]),
    "resnet8": lambda plan: resnet(8, plan),
    "resnet20": lambda plan: resnet(20, plan),
    "resnet32": lambda plan: resnet(32, plan),
    "micro-resnet8": lambda plan: resnet(8, plan, [8, 16, 32], before=True),
    "vgg": lambda plan: stages(plan, [8, 16, 32]),
    "vgg-groupnorm": vgg_group_norm,
    "layernorm-seed": layernorm_seed,
    "tutorial": tutorial,
    "keras-dense": keras_dense,
    "keras-conv": keras_conv,
    "random-conv": random_conv,
    "gru": gru,
    "transformer": transformer,
}


def build(config, shape, classes):
    """The network of a run. shape: [height, width, channels] of one image."""
    network = MODELS[config["model"]](Plan(config, shape, classes))
    on_weights = config.get("weightNorm") or (config["norm"] if config["norm"] in WEIGHT_NORMS else None)
    if on_weights:
        options = config if on_weights == config["norm"] else {}
        normalize_weights(network, on_weights, options)
    return network
