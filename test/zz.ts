import { setNorms } from '../src/nn/norm/setNorms.ts';
import { runTraining } from '../src/train/runTraining.ts';
for (const model of ['mlp','cnn']) for (const { name } of setNorms) {
  const t = performance.now();
  try { const r = await runTraining({ dataset: 'synthetic', limit: 1000, testLimit: 500, model, norm: name, epochs: 2, batchSize: 40, optimizer: 'adam', lr: 3e-3 } as never);
  console.log(model.padEnd(4), name.padEnd(22), r.status, r.test?.accuracy?.toFixed(3), ((performance.now()-t)/1000).toFixed(2)); } catch (e) { console.log(model, name, (e as Error).message); }
}
process.exit(0);
