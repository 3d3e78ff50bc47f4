/** node worker.mjs PEER: the process of one peer. */
import { NotThere, serve } from './serve.mjs';

const { version, makers } = await import(`./${process.argv[2]}/peer.mjs`);
await serve(version, (benchCase, start) => {
  const make = makers[benchCase.kind];
  if (make === undefined) throw new NotThere(`no ${benchCase.kind}`);
  return make(benchCase, start);
});
