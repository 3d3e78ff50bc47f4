import type { PathsState } from '../panels/paths/fields.ts';

/** The command whose output has the digits of a panel with this state. */
export function explainCommand({ norm, x, dy, gamma, mode, detach }: PathsState): string {
  const parts = [`normgrad explain ${norm}`, `--x ${x.join(',')}`, `--g ${dy.join(',')}`];
  if (gamma.length > 1 || gamma[0] !== 1) parts.push(`--gamma ${gamma.join(',')}`);
  if (mode === 'eval') parts.push('--mode eval');
  if (detach !== 'none') parts.push(`--detach ${detach}`);
  return parts.join(' ');
}
