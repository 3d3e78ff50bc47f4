import { trainCnn } from './training.ts';

/** The training in plain Node: prints it as JSON. The argument is the number of threads. */
console.log(JSON.stringify(await trainCnn(Number(process.argv[2]))));
