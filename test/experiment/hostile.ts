import { planRuns } from '../../src/experiment/plan.ts';
import type { RunRecord } from '../../src/experiment/results.ts';
import type { Experiment } from '../../src/experiment/spec.ts';
import type { StoredExperiment } from '../../src/experiment/stored.ts';
import { small } from './small.ts';

/** What somebody may have called a run, in the hope that a page takes it for markup. */
export const script = '<script>alert(1)</script>';
export const image = '"><img src="http://attacker.example/x.png" onerror="alert(2)">';

/** An experiment whose every text is hostile. */
export const hostile: Experiment = {
  ...small,
  title: script,
  question: `${image} really?`,
  source: { paper: script, kept: image, scaled: `</style>${script}` },
  grid: {
    [script]: [
      { name: script, norm: 'none' },
      { name: image, norm: 'layer' },
    ],
  },
  training: { epochs: 1 },
  figure: { x: 'epoch', y: 'testAccuracy' },
  claims: [{ says: script, check: ({ runs }) => ({ value: runs.length, atLeast: 100 }) }],
  published: [{ what: script, published: image, where: {} }],
  remarks: `<!-- ${script}`,
};

/** Its runs, made up: one of them diverged, and one failed with a hostile message. */
export const hostilePlan = planRuns(hostile).map((run, i) => ({ ...run, why: i === 3 ? script : undefined }));
const runs = hostilePlan.map(
  ({ point, seed }, i): RunRecord => ({
    run: script,
    point,
    seed,
    norm: script,
    status: i === 2 ? 'diverged' : i === 3 ? 'failed' : 'done',
    train: i === 3 ? null : { loss: 1, accuracy: 0.5 },
    test: i === 3 ? null : { loss: 1, accuracy: 0.5 },
    epochs:
      i === 3 ? [] : [{ epoch: 1, train: { loss: 1, accuracy: 0.5 }, test: { loss: 1, accuracy: 0.5 } }],
    seconds: 60,
    digest: script,
  }),
);

export const hostileResults: StoredExperiment = {
  name: script,
  settings: image,
  seeds: [1, 2],
  smoke: false,
  minutes: 4,
  wallMinutes: 2,
  normgrad: script,
  node: image,
  kernels: script,
  runs,
};
