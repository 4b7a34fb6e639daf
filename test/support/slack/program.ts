import { startSlackServer } from "./server.ts";

/** The server as a program of its own: prints its address, and runs until it is ended. */
const server = await startSlackServer({ port: Number(process.argv[2] ?? 0) });
process.stdout.write(`${server.apiUrl}\n`);
process.once("SIGTERM", () => void server.stop());
