import { type Answered, type Asked, questions } from './questions.ts';

/** The engine of the page, in a thread of its own: the page itself computes no norm, so that it never waits. */

/** The newest question of each slot: an older one that is still being answered ends. */
const newest = new Map<number, number>();

self.addEventListener('message', ({ data }: MessageEvent<Asked | { slot: number; stop: true }>) => {
  if ('stop' in data) newest.delete(data.slot);
  else void reply(data);
});

async function reply({ slot, id, name, state }: Asked): Promise<void> {
  newest.set(slot, id);
  const say = (what: { answer: unknown } | { error: string } | { ended: true }, last: boolean) =>
    self.postMessage({ slot, id, last, ...what } satisfies Answered);
  try {
    const answer: unknown = questions[name](state as never);
    if (!isStream(answer)) {
      say({ answer: await answer }, true);
      return;
    }
    for await (const each of answer) {
      if (newest.get(slot) !== id) return;
      say({ answer: each }, false);
    }
    say({ ended: true }, true);
  } catch (error) {
    say({ error: error instanceof Error ? error.message : String(error) }, true);
  }
}

function isStream(answer: unknown): answer is AsyncIterable<unknown> {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer;
}
