import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { type DiscordBot, startDiscordBot } from "../../../support/discord/discord-bot.ts";
import type { Interaction } from "../../../support/discord/interactions.ts";
import { waitFor } from "../../../support/wait.ts";

let discord: DiscordBot;

beforeAll(async () => {
  discord = await startDiscordBot();
});

afterAll(() => discord.close());

/** What Discord sends when somebody fills in a slash command. */
function filledIn(bundle: string, command: string, options: object[] = []) {
  return { name: bundle, type: 1, options: [{ type: 1, name: command, options }] };
}

async function contentOf(interaction: Interaction, pattern: RegExp): Promise<string> {
  await waitFor(() => pattern.test(interaction.original?.content ?? ""), {
    what: `${pattern}; it says ${interaction.original?.content}`,
  });
  return interaction.original?.content ?? "";
}

test("publishes a slash command for each bundle, with typed options", () => {
  const { commands } = discord.server.world;

  const web = commands.find(({ name }) => name === "web");

  assert.deepEqual(commands.map(({ name }) => name).sort(), ["aldis", "demo", "web"]);
  const deploy = web?.options?.find(({ name }) => name === "deploy");
  const options = deploy && "options" in deploy ? (deploy.options ?? []) : [];
  assert.deepEqual(
    options.map((option) => [option.name, option.type, option.required]),
    [
      ["environment", 3, true],
      ["version", 3, false],
      ["retries", 4, false],
      ["dry", 5, false],
      ["region", 3, false],
      ["host", 3, false],
    ],
  );
  assert.equal(options.find(({ name }) => name === "host")?.autocomplete, true);
});

test("runs a slash command as the line that could have been typed", async () => {
  const { server, ada, relay } = discord;
  const options = [
    { type: 3, name: "environment", value: "staging" },
    { type: 3, name: "version", value: '1.0 "final" --force' },
    { type: 4, name: "retries", value: 3 },
    { type: 5, name: "dry", value: true },
  ];

  const interaction = server.command(ada, server.general, filledIn("web", "deploy", options));

  await contentOf(interaction, /✅/);
  assert.equal(interaction.isEphemeral, false);
  assert.equal(await discord.timesRecorded(interaction), 1);
  assert.deepEqual(relay.offers.at(-1)?.spec.argv.slice(-4), [
    '--version=1.0 "final" --force',
    "--retries=3",
    "--dry",
    "staging",
  ]);
});

test("answers a denied slash command to the caller alone", async () => {
  const { server, sam } = discord;
  const options = [{ type: 3, name: "environment", value: "prod" }];

  const interaction = server.command(sam, server.general, filledIn("web", "deploy", options));

  await contentOf(interaction, /denied/);
  assert.equal(interaction.isEphemeral, true);
});

test("runs a whole line given to the bot's own slash command", async () => {
  const { server, ada } = discord;
  const options = [{ type: 3, name: "line", value: "demo:echo from a line" }];

  const interaction = server.command(ada, server.general, filledIn("aldis", "run", options));

  await contentOf(interaction, /✅[\s\S]*from a line/);
});

test("suggests choices and names of commands, only of what the caller may run", async () => {
  const { server, ada, sam } = discord;
  const typing = (name: string, value: string) => [{ type: 3, name, value, focused: true }];
  const hidden = filledIn("web", "secret", typing("target", "host-2"));

  const host = server.autocomplete(
    ada,
    server.general,
    filledIn("web", "deploy", typing("host", "host-3")),
  );
  const line = server.autocomplete(
    sam,
    server.general,
    filledIn("aldis", "run", typing("line", "dem")),
  );
  const refused = server.autocomplete(sam, server.general, hidden);

  await waitFor(() => host.choices && line.choices && refused.choices, { what: "suggestions" });
  assert.deepEqual(
    host.choices?.map(({ value }) => value),
    [
      "host-3",
      "host-30",
      "host-31",
      "host-32",
      "host-33",
      "host-34",
      "host-35",
      "host-36",
      "host-37",
      "host-38",
      "host-39",
    ],
  );
  assert.ok(line.choices?.some(({ value }) => value === "!demo:echo"));
  assert.deepEqual(refused.choices, []);
});

test("cancels by the button, as an invocation of whoever pressed it", async () => {
  const { server, ada, sam, relay } = discord;
  relay.answersOffers = false;
  const message = server.say(ada, server.general, "!demo:sleep 60");
  const [shown] = await discord.answersTo(message);
  assert.ok(shown);
  const id = JSON.stringify(shown.form.components).match(/cancel:[0-9a-f-]+/)?.[0] ?? "";

  const stranger = server.press(sam, shown, id);
  await contentOf(stranger, /no execution/);
  const own = server.press(ada, shown, id);

  await contentOf(own, /cancelled/);
  relay.answersOffers = true;
  assert.equal(own.isEphemeral, true);
  await waitFor(() => /❌[\s\S]*cancelled/.test(shown.content), { what: "the end" });
  assert.deepEqual(shown.form.components, []);
});

test("answers in time when the decision takes long, and an execution then for all to see", async () => {
  const { server, ada, deps } = discord;
  const gate = Promise.withResolvers<void>();
  const handle = deps.handle;
  Object.assign(deps, {
    handle: async (...taken: Parameters<typeof handle>) => {
      await gate.promise;
      return handle(...taken);
    },
  });
  const words = [{ type: 3, name: "words", value: "slowly decided" }];

  const interaction = server.command(ada, server.general, filledIn("demo", "echo", words));
  await waitFor(() => interaction.state === "deferred", { what: "the deferral" });
  gate.resolve();

  await waitFor(() => interaction.followups.some(({ content }) => content.includes("✅")), {
    what: "the public message",
  });
  assert.equal(interaction.isEphemeral, true);
  assert.equal(interaction.followups[0]?.isEphemeral, false);
  Object.assign(deps, { handle });
});

test("has its control: a second answer to an interaction is refused", async () => {
  const { server, ada } = discord;
  const interaction = server.command(ada, server.general, filledIn("aldis", "whoami"));
  await contentOf(interaction, /discord account/);
  const url = `${server.apiUrl}/v10/interactions/${interaction.id}/${interaction.token}/callback`;
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ type: 4, data: { content: "again" } });

  const again = await fetch(url, { method: "POST", headers, body });

  assert.match(await again.text(), /"code":40060/);
});
