/** The types of seedrandom name its whole; random.ts takes one file of it. */
declare module 'seedrandom/lib/alea.js' {
  import type { alea } from 'seedrandom';

  const generator: typeof alea;
  export default generator;
}
