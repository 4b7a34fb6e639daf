/** Why a text is not an invocation that could run; the message is one line for the caller. */
export interface InvocationProblem {
  code:
    | "unclosed-quote"
    | "unclosed-block"
    | "bad-character"
    | "too-long"
    | "unknown-option"
    | "repeated-option"
    | "missing-value"
    | "unexpected-value"
    | "bad-value"
    | "missing-option"
    | "missing-argument"
    | "bad-argument";
  message: string;
  /** Offset in the text. */
  position: number;
}
