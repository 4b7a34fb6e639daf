import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { commandAccount } from "../native-directory.ts";
import { enterArgv, type Isolation } from "./isolation.ts";
import { createNamespaces } from "./namespaces.ts";

export type IsolationWish = Isolation | "auto";

export type IsolationChoice =
  | { ok: true; isolation: Isolation; missing?: string }
  | { ok: false; reason: string };

/**
 * Tries on this host what was wished for. `auto` takes PID namespaces, since bubblewrap's
 * read-only root is not for every command; where they are not to be had it says what is missing.
 */
export async function chooseIsolation(wish: IsolationWish): Promise<IsolationChoice> {
  if (wish === "none") return { ok: true, isolation: "none" };
  const isolation = wish === "auto" ? "pid-namespace" : wish;
  const reason = await whyNot(isolation);
  if (reason === undefined) return { ok: true, isolation };
  if (wish === "auto") return { ok: true, isolation: "none", missing: reason };
  return { ok: false, reason };
}

async function whyNot(isolation: Isolation): Promise<string | undefined> {
  if (process.platform !== "linux") return "only Linux has it";
  const account = commandAccount();
  const namespaces = createNamespaces(isolation, account !== undefined);
  try {
    const namespace = await namespaces.take(tmpdir());
    const argv = enterArgv(namespace.first, tmpdir(), account, ["/bin/sh", "-c", "exit 0"]);
    return await complaintOf(argv);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    namespaces.endAll();
  }
}

/** What a program said that should have succeeded. */
function complaintOf([program = "", ...words]: readonly string[]): Promise<string | undefined> {
  const child = spawn(program, words, { env: {}, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (bytes: Buffer) => {
    said += bytes.toString();
  });
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code) => resolve(code === 0 ? undefined : said.trim() || `exit ${code}`));
  });
}
