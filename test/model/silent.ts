import { createLogger, type Logger } from "../../relay/process/logger.ts";

export const SILENT: Logger = createLogger({ level: "silent" });
