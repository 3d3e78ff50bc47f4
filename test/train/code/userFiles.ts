import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forgetCode } from '../../../src/train/code/load.ts';

/** Files as users write them. Each does what something of this library does, so that runs can be compared bit by bit. */
const userFiles = {
  'own-layer.mjs': `
    import { defineNorm, LayerNorm } from 'normgrad';
    export default defineNorm({ name: 'own-layer', build: (features, options) => new LayerNorm(features, options) });`,
  'own-mlp.mjs': `
    import { activation, defineModel, Flatten, Linear, needsBias, normLayer, Sequential } from 'normgrad';
    export default defineModel({
      name: 'own-mlp',
      takes: ['hidden'],
      build(options) {
        const { input: [h, w, c], classes, random, hidden: [size] } = options;
        return new Sequential(new Flatten(), new Linear(h * w * c, size, { random, bias: needsBias(size, options) }),
          ...normLayer(size, options), activation('relu'), new Linear(size, classes, { random }));
      },
    });`,
  'own-loss.mjs': `
    import { crossEntropy } from 'normgrad';
    export default (logits, labels, options) => crossEntropy(logits, labels, options);`,
  'own-digits.mjs': `
    import { syntheticDigits } from 'normgrad';
    export default ({ limitTrain, limitTest }) => syntheticDigits({ seed: 1, train: limitTrain, test: limitTest });`,
  'own-probe.mjs': `
    import { tensor } from 'normgrad';
    export default ({ model, data, batch, loss }) => {
      loss(model.forward(tensor(batch.images, [batch.size, ...data.imageShape])), batch.labels).backward();
      const norms = model.parameters().map(({ grad }) => Math.hypot(...grad.toArray()));
      return { gradientNorm: Math.hypot(...norms), perTensor: norms };
    };`,
} as const;

/** A folder with files in it; `remove` it afterwards, and with it what code has registered: the tests of a worker share a process. */
export function folderWith(files: Readonly<Record<string, string>> = userFiles) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'normgrad-code-')));
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  return {
    folder,
    write,
    at: (name: string) => join(folder, name),
    remove() {
      forgetCode();
      rmSync(folder, { recursive: true });
    },
  };
}
