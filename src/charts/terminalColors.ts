import pc from 'picocolors';

export type TerminalColors = ReturnType<typeof pc.createColors>;

export interface ColorChoice {
  /** Where the text goes. */
  stream: { isTTY?: boolean };
  /** `--color` (true) or `--no-color` (false), if given. */
  flag?: boolean;
  env?: NodeJS.ProcessEnv;
}

/** NO_COLOR (no-color.org) wins over --color and FORCE_COLOR, which win over whether the stream is a terminal. */
export function colorEnabled({ stream, flag, env = process.env }: ColorChoice): boolean {
  if (env.NO_COLOR) return false;
  if (flag !== undefined) return flag;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return stream.isTTY === true && env.TERM !== 'dumb';
}

/** Functions that colour text, or leave it as it is. */
export function terminalColors(choice: ColorChoice): TerminalColors {
  return pc.createColors(colorEnabled(choice));
}
