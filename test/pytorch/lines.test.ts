import { describe, expect, it } from 'vitest';
import { startLines } from '../../src/pytorch/lines.ts';

/** Node in Python's place: answers every line with the program's text. */
const start = (program: string) => startLines(process.execPath, ['-e', program]);

describe('a process that answers line by line', () => {
  it('may print what is no answer, and numbers that JSON has no word for', async () => {
    const { first, ask, stop } = await start(`
      console.log('a banner'); console.log(''); console.log('{"torch":"2"}');
      process.stdin.once('data', () => console.log('[1]\\n{"loss":"NaN","each":[1,"-Infinity"]}'));
    `);
    expect(first).toEqual({ torch: '2' });
    expect(await ask({ do: 'step' })).toEqual({ loss: Number.NaN, each: [1, Number.NEGATIVE_INFINITY] });
    stop();
  });

  it('answers null once it has ended, however often it is asked, and says why', async () => {
    const { first, ask, complaint } = await start(`
      console.log('{}');
      process.stdin.once('data', () => { throw new Error('out of memory'); });
    `);
    expect(first).toEqual({});
    expect(await ask({ do: 'step' })).toBeNull();
    expect(await ask({ do: 'step' })).toBeNull();
    expect(await ask({ do: 'test' })).toBeNull();
    expect(await complaint).toBe('Error: out of memory');
  });
});
