import { defineConfig } from 'vitest/config';

/** `npm run proofs`: the long runs on real data (test/**\/*.proof.ts), which `npm test` leaves out. */
export default defineConfig({
  resolve: { conditions: ['normgrad-source'] },
  ssr: { resolve: { conditions: ['normgrad-source'] } },
  test: {
    globalSetup: 'test/setup.mjs',
    include: ['test/**/*.proof.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
