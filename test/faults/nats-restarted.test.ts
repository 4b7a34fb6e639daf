import { describeRestarts } from "./restart-cells.ts";

describeRestarts("NATS restarted");
