/** What a command ends with when it did not do what was asked; documented in `aldis --help`. */
export const EXIT = {
  refused: 1,
  usage: 64,
  badData: 65,
  noInput: 66,
  unavailable: 69,
  internal: 70,
  timedOut: 72,
  tryAgain: 75,
  denied: 77,
  configuration: 78,
  cancelled: 130,
} as const;

/** Ends the program with one clear line, or a few, and an exit code. */
export class CliFailure extends Error {
  override readonly name: string = "CliFailure";
  readonly exitCode: number;

  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** Nobody answers, or no longer; trying again may help. */
export class Unreachable extends CliFailure {
  override readonly name = "Unreachable";
}
