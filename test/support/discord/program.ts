import { createInterface } from "node:readline";
import { z } from "zod";
import { startDiscordServer } from "./server.ts";

/**
 * The protocol server as a program of its own. It prints where it listens, then obeys lines of
 * JSON: `{"say": {"user": "sam", "text": "!help"}}`, and prints each thing that the bot says.
 */
const Order = z.object({ say: z.object({ user: z.string(), text: z.string() }) });

const server = await startDiscordServer({ port: Number(process.env.PORT ?? 0) });
const { apiUrl, token, world } = server;
print({ apiUrl, token, applicationId: world.applicationId, guildId: world.guild.id });

const told = new Map<string, string>();
setInterval(() => {
  for (const { id, content } of server.said()) {
    if (told.get(id) !== content) print({ id, content });
    told.set(id, content);
  }
}, 50);

for await (const line of createInterface({ input: process.stdin })) {
  const { user: username, text } = Order.parse(JSON.parse(line)).say;
  const known = [...world.users.values()].find((user) => user.username === username);
  server.say(known ?? server.addUser(username), server.general, text);
}
await server.stop();
process.exit(0);

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
