import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { CliFailure, EXIT } from "./failure.ts";
import type { KeptFolder } from "./nats-files.ts";

const run = promisify(execFile);

const AUTHORITY_DAYS = "3650";
const SERVER_DAYS = "825";

/**
 * A certificate authority of this folder's own and a certificate of it for one server. To renew
 * the latter, remove `tls/server.pem`: the authority stays, so that relays go on trusting it.
 */
export async function makeTls(folder: KeptFolder, host: string): Promise<void> {
  const names = ["tls/server.pem", "tls/server-key.pem", "tls/ca.pem"];
  const texts = await Promise.all(names.map(folder.read));
  if (texts.every((text) => text !== undefined)) {
    for (const name of names) folder.noteKept(name);
    return;
  }
  const hasAuthority = texts[2] !== undefined;
  if (hasAuthority && (await folder.read("tls/ca-key.pem")) === undefined) {
    const path = folder.path("tls/ca-key.pem");
    throw new CliFailure(`${path} is needed to sign a certificate: put it back`, EXIT.noInput);
  }
  const scratch = await mkdtemp(join(tmpdir(), "aldis-tls-"));
  try {
    await folder.ensure("tls/ca-key.pem", newKey);
    await folder.ensure("tls/ca.pem", () => signAuthority(folder, scratch));
    await folder.ensure("tls/server-key.pem", newKey);
    await folder.ensure("tls/server.pem", () => signServer(folder, scratch, host));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function signAuthority(folder: KeptFolder, scratch: string): Promise<string> {
  const config = await write(scratch, "ca.conf", authorityText());
  const out = join(scratch, "ca.pem");
  const key = folder.path("tls/ca-key.pem");
  await openssl(`req -x509 -new -sha256 -days ${AUTHORITY_DAYS}`, { config, key, out });
  return readFile(out, "utf8");
}

async function signServer(folder: KeptFolder, scratch: string, host: string): Promise<string> {
  const config = await write(scratch, "server.conf", serverText(host));
  const request = join(scratch, "server.csr");
  const key = folder.path("tls/server-key.pem");
  await openssl("req -new -sha256", { config, key, out: request });
  const out = join(scratch, "server.pem");
  const authority = { CA: folder.path("tls/ca.pem"), CAkey: folder.path("tls/ca-key.pem") };
  const serial = { CAserial: join(scratch, "serial"), extfile: config, in: request, out };
  await openssl(`x509 -req -sha256 -CAcreateserial -extensions ext -days ${SERVER_DAYS}`, {
    ...authority,
    ...serial,
  });
  return readFile(out, "utf8");
}

async function openssl(words: string, files: Readonly<Record<string, string>>): Promise<void> {
  const named = Object.entries(files).flatMap(([name, path]) => [`-${name}`, path]);
  try {
    await run("openssl", [...words.split(" "), ...named]);
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    const line = isMissing
      ? "--make-tls needs the program openssl: install it, or name your own files with --tls-cert, --tls-key and --tls-ca"
      : `openssl could not make a certificate: ${lastLine(error)}`;
    throw new CliFailure(line, EXIT.unavailable, { cause: error });
  }
}

function lastLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split("\n").at(-1) ?? "";
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

function authorityText(): string {
  return `[req]
prompt = no
distinguished_name = name
x509_extensions = ext
[name]
CN = Aldis NATS authority
[ext]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
`;
}

function serverText(host: string): string {
  const kind = isIP(host) === 0 ? "DNS" : "IP";
  return `[req]
prompt = no
distinguished_name = name
[name]
CN = Aldis NATS server
[ext]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = ${kind}:${host}
`;
}

async function write(scratch: string, name: string, text: string): Promise<string> {
  const path = join(scratch, name);
  await writeFile(path, text, { mode: 0o600 });
  return path;
}
