import { configureGlobal } from "fast-check";

/**
 * Properties are tried on the same cases in every run, so that a run says something about the
 * change under test; `ALDIS_TEST_SEED` looks elsewhere, best with a large `ALDIS_TEST_RUNS`.
 */
configureGlobal({ seed: Number(process.env.ALDIS_TEST_SEED ?? 20_261_121) });
