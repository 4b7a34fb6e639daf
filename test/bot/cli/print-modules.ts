import { appendFileSync } from "node:fs";
import { registerHooks } from "node:module";

/** Preloaded with `--import`: lists every module that a program loads in a file. */
const list = process.env.MODULE_LIST;
registerHooks({
  load(url, context, next) {
    if (list) appendFileSync(list, `${url}\n`);
    return next(url, context);
  },
});
