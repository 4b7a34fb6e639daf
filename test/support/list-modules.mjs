import { appendFileSync } from "node:fs";
import { registerHooks } from "node:module";

/** Preloaded with `--import`: writes the URL of every module that is loaded to a file. */
const file = process.env.LIST_MODULES_TO;
registerHooks({
  load(url, context, nextLoad) {
    appendFileSync(file, `${url}\n`);
    return nextLoad(url, context);
  },
});
