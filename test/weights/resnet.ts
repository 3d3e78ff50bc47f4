import { globalAvgPool2d, type Tensor } from '../../src/autograd/index.ts';
import {
  BatchNorm,
  Conv2d,
  Linear,
  MaxPool2d,
  Module,
  ResidualBlock,
  Sequential,
} from '../../src/nn/index.ts';

/** torchvision's ResNet-18: what resnet.py has, written with this library, under the same names. */
export class ResNet extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm;
  readonly maxpool = new MaxPool2d(3, { stride: 2, padding: 1 });
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly layer4: Sequential;
  readonly fc: Linear;

  constructor(width = 64, classes = 1000) {
    super();
    const norm = (features: number) => new BatchNorm(features);
    const stage = (from: number, to: number, stride: number) =>
      new Sequential(new ResidualBlock(from, to, { stride, norm }), new ResidualBlock(to, to, { norm }));
    this.conv1 = new Conv2d(3, width, 7, { stride: 2, padding: 3, bias: false });
    this.bn1 = norm(width);
    this.layer1 = stage(width, width, 1);
    this.layer2 = stage(width, 2 * width, 2);
    this.layer3 = stage(2 * width, 4 * width, 2);
    this.layer4 = stage(4 * width, 8 * width, 2);
    this.fc = new Linear(8 * width, classes);
  }

  forward(x: Tensor): Tensor {
    let y = this.maxpool.forward(this.bn1.forward(this.conv1.forward(x), { relu: true }));
    for (const stage of [this.layer1, this.layer2, this.layer3, this.layer4]) y = stage.forward(y);
    return this.fc.forward(globalAvgPool2d(y));
  }
}
