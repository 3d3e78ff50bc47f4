import { ConfigError, nearest, shown } from './errors.ts';

/** What a variable of the environment may be, in words, and the test; null: a path, which is looked at where it is used. */
const variables = {
  NORMGRAD_THREADS: {
    must: 'be a whole number from 1 to 1024',
    holds: (text: string) => /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= 1024,
    unset: 'all cores',
  },
  NORMGRAD_KERNELS: {
    must: 'be "wasm" or "reference"',
    holds: (text: string) => text === 'wasm' || text === 'reference',
    unset: 'wasm where the engine has it',
  },
  NORMGRAD_WINOGRAD: {
    must: 'be 0 (direct convolutions everywhere) or 1',
    holds: (text: string) => text === '0' || text === '1',
    unset: 'the same as 1',
  },
  NORMGRAD_VECTORS: {
    must: 'be 128 or 256',
    holds: (text: string) => text === '128' || text === '256',
    unset: '128',
  },
  NORMGRAD_SEED: {
    must: 'be a whole number',
    holds: (text: string) => /^-?\d{1,15}$/.test(text),
    unset: 'seed 1',
  },
  NORMGRAD_CACHE: null,
  NORMGRAD_FONT: null,
  NORMGRAD_REDIS: null,
  // Of the tests and of bench/.
  NORMGRAD_DATA: null,
  NORMGRAD_PYTHON: null,
  // Set by the program for its own processes.
  NORMGRAD_LAUNCHER: null,
};

type VariableName = keyof typeof variables;

/** The value of a variable, undefined where it is empty or not set; a ConfigError where it cannot be used. */
export function checkVariable(name: VariableName, text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  const rule = variables[name];
  if (rule === null || rule.holds(text)) return text;
  throw new ConfigError(undefined, `the environment variable ${name} must ${rule.must}, got ${shown(text)}`, [
    `unset it for the default: ${rule.unset}`,
  ]);
}

/** Checks all of them, and returns what to say of those that look like one and are none. */
export function checkEnvironment(environment: Readonly<Record<string, string | undefined>>): string[] {
  const names = Object.keys(variables) as VariableName[];
  for (const name of names) checkVariable(name, environment[name]);
  return Object.keys(environment)
    .filter((name) => name.startsWith('NORMGRAD_') && !(names as string[]).includes(name))
    .map((name) => {
      const guess = nearest(name, names);
      const meant = guess === undefined ? `one of: ${names.join(', ')}` : `did you mean ${guess}?`;
      return `the environment variable ${name} does nothing here (${meant})`;
    });
}
