import { describe, expect, it } from 'vitest';
import { inProcess } from './inProcess.ts';
import { normgrad } from './normgrad.ts';

describe('explain', () => {
  it('prints six sections without colours into a pipe', async () => {
    const { code, stdout } = await inProcess(['explain', 'layer', '--x', '1,2,3,6', '--g', '.5,-1,.25,1']);
    expect(code).toBe(0);
    expect(stdout).toContain(
      '   dx                           0.3961  -0.5202   0.0334   0.0907  keeps    66.1 %',
    );
    expect(stdout).not.toContain('\u001b');
  });

  it('writes its numbers as JSON, pretty or as one line', async () => {
    const pretty = await inProcess(['explain', 'batch', '--x', '1;3', '--format', 'json']);
    expect(JSON.parse(pretty.stdout)).toMatchObject({ norm: 'batch', shape: [2, 1] });
    const line = await inProcess(['explain', 'batch', '--json']);
    expect(line.stdout.trim().split('\n')).toHaveLength(1);
    expect(JSON.parse(line.stdout)).toMatchObject({ type: 'result', norm: 'batch' });
  });

  it('lists all norms, as a table and as one JSON array', async () => {
    const table = await inProcess(['explain', '--list']);
    expect(table.stdout).toMatch(/^batch .*N·H·W/m);
    const json = JSON.parse((await inProcess(['explain', '--list', '--json'])).stdout);
    expect(json[0]).toMatchObject({ name: 'batch', m: 'N·H·W', removes: '1, x̂ per channel' });
  });

  it.each([
    [['explain', 'bach'], 'unknown norm "bach" (did you mean "batch"?)'],
    [['explain'], 'which norm?'],
    [['explain', 'layer', '--x', '1,two'], 'It must be a number'],
    [['explain', 'layer', '--x', '1,1e400'], 'It must be a finite number'],
    [['explain', 'layer', '--step', '7'], 'It must be 1 to 6'],
    [['explain', 'group', '--shape', '2,2,2,3', '--groups', '2'], 'the groups must divide the features'],
    [['quiz', 'dyt'], 'has no question'],
  ])('%j is a usage error that says what to do', async (args, message) => {
    const { code, stderr } = await inProcess(args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('quiz', () => {
  it('asks and ends well without an answer', async () => {
    const { code, stdout } = await normgrad(['quiz', 'batch'], { input: '' });
    expect(code).toBe(0);
    expect(stdout).toContain('dx     = ?');
    expect(stdout).not.toContain('finite difference');
  });

  it('judges an answer from a pipe', async () => {
    const right = await normgrad(['quiz'], { input: '(g - mean(g) - xHat * mean(g * xHat)) / sigma\n' });
    expect(right).toMatchObject({ code: 0, stdout: expect.stringContaining('✓ exact') });
    expect(right.stdout).toMatch(/^LayerNorm: dx = \(g - mean/);
    expect(right.stdout, 'who answers knows the question').not.toContain('dx     = ?');
    const wrong = await normgrad(['quiz'], { input: 'g / sigma\n' });
    expect(wrong).toMatchObject({ code: 1, stdout: expect.stringContaining('both statistics') });
    const unreadable = await normgrad(['quiz'], { input: 'process.exit(3)\n' });
    expect(unreadable).toMatchObject({ code: 2, stdout: expect.stringContaining('"." is no part') });
  });

  it('reveals', async () => {
    const { code, stdout } = await inProcess(['quiz', 'rms', '--reveal']);
    expect(code).toBe(0);
    expect(stdout).toContain('dx = (g - xHat * mean(g * xHat)) / r');
  });
});
