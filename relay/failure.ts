/** Ends the program with one clear line. */
export class RelayFailure extends Error {
  override readonly name = "RelayFailure";
  readonly exitCode: number;

  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

export const EXIT = { refused: 1, usage: 64, unavailable: 69, configuration: 78 } as const;
