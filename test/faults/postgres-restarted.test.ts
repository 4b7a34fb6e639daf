import { describeRestarts } from "./restart-cells.ts";

describeRestarts("Postgres restarted");
