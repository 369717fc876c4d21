import path from 'node:path';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
    // What tests run leaves nothing in the home of whoever runs them.
    env: { XDG_CACHE_HOME: path.resolve('node_modules/.cache') },
  },
});
export default config;
