import type { NormEntry } from '../nn/norm/registry.ts';
import { type TriedOption, takesOption } from '../nn/norm/takesOption.ts';
import type { Output } from './output.ts';

// Apart from unusedSettings.ts: explain and gradcheck need no settings of runs, and start without them

type Flags = { readonly [Option in TriedOption]?: string };

/** Says which of these options, named by their flags, were given though none of the norms looks at them. */
export function warnOfUntaken(
  norms: readonly NormEntry[],
  flags: Flags,
  given: { readonly [Option in TriedOption]?: unknown },
  output: Output,
): void {
  for (const [option, flag] of Object.entries(flags) as [TriedOption, string][]) {
    if (given[option] === undefined || norms.some((norm) => takesOption(norm, option))) continue;
    output.warn(`${flag} changes nothing: ${passOver(norms.map(({ name }) => name))}`);
  }
}

/** `batch, layer do not look at it` */
export function passOver(names: readonly string[], what = ''): string {
  return `${names.join(', ')}${what} ${names.length > 1 ? 'do' : 'does'} not look at it`;
}
