/** What is alike in both networks, and the norm of each. No import, for both threads have it. */
export interface DuelConfig {
  a: string;
  b: string;
  /** Hidden layers, and the features of each. */
  depth: number;
  width: '16' | '32' | '64';
  batch: number;
  lr: number;
  optimizer: 'sgd' | 'adam';
  seed: number;
}

/** What can be seen without a click: three epochs of batches of 32. */
export const firstSteps = 48;
export const mostSteps = 3000;

/** How many images are drawn: few, so that an epoch is short. */
export const images = { train: 500, test: 200 } as const;

/** The run of a norm in a terminal: the same digits after the same epochs. */
export function commandOf(norm: string, config: DuelConfig, epochs: number): string {
  const { depth, width, batch, optimizer, lr, seed } = config;
  const hidden = new Array<string>(depth).fill(width).join(',');
  return [
    'normgrad train --dataset synthetic',
    `--limit ${images.train} --test-limit ${images.test}`,
    `--model mlp --hidden ${hidden} --norm ${norm} --batch-size ${batch}`,
    `--optim ${optimizer} --lr ${lr} --seed ${seed} --epochs ${Math.max(1, epochs)}`,
  ].join(' ');
}
