import { defineConfig } from "/work/main/node_modules/vitest/dist/config.js";
export default defineConfig({ root: "/work/main", resolve: { alias: [{ find: /^\.\/api\/api\.ts$/, replacement: "/tmp/apistub.ts" }] }, test: { include: ["test/**/*.test.ts"], globalSetup: ["./test/support/postgres-setup.ts"], pool: "forks", maxWorkers: 2, testTimeout: 15000 } });
