import { describe, expect, it } from 'vitest';
import { colorEnabled } from '../../src/charts/terminalColors.ts';

const terminal = { isTTY: true };
const pipe = { isTTY: false };

describe('colorEnabled', () => {
  it.each([
    ['a terminal', { stream: terminal, env: {} }, true],
    ['a pipe', { stream: pipe, env: {} }, false],
    ['a dumb terminal', { stream: terminal, env: { TERM: 'dumb' } }, false],
    ['--color on a pipe', { stream: pipe, env: {}, flag: true }, true],
    ['--no-color on a terminal', { stream: terminal, env: {}, flag: false }, false],
    ['FORCE_COLOR on a pipe', { stream: pipe, env: { FORCE_COLOR: '1' } }, true],
    ['FORCE_COLOR=0 on a terminal', { stream: terminal, env: { FORCE_COLOR: '0' } }, false],
    [
      'NO_COLOR against --color and FORCE_COLOR',
      { stream: terminal, env: { NO_COLOR: '1', FORCE_COLOR: '1' }, flag: true },
      false,
    ],
    ['an empty NO_COLOR, which counts as unset', { stream: terminal, env: { NO_COLOR: '' } }, true],
  ])('%s', (_, choice, expected) => {
    expect(colorEnabled(choice)).toBe(expected);
  });
});
