/** Faults that a caller cannot expect; a denial or a failed command is an answer, not one of these. */
export type ErrorCode =
  | "config"
  | "database-unavailable"
  | "database-refused"
  | "schema-outdated"
  | "bus-unavailable"
  | "not-recorded"
  | "not-known"
  | "stopping"
  | "key"
  | "data-directory"
  | "listen";

/** A fault with a stable code and one line that says what to do next. */
export class BotError extends Error {
  override readonly name = "BotError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
