import assert from "node:assert/strict";
import pg from "pg";
import { afterAll, beforeAll, describe, test } from "vitest";
import { OWNER } from "../../../bot/store/embedded/cluster.ts";
import { idOf } from "./sample-rows.ts";
import { OURS, openTwoWorkspaces, THEIRS, type TwoWorkspaces } from "./two-workspaces.ts";

/**
 * What the bot's role can do where row-level security does not help: outside the tables, in the few
 * tables without a workspace, and in the functions. Whoever can make the role run SQL of their own
 * can also set another workspace, because one role serves all; what they meet then is this.
 */
let world: TwoWorkspaces;

beforeAll(async () => {
  world = await openTwoWorkspaces();
});

afterAll(() => world.close());

/** The code of the refusal, or `done`. */
function outcomeOf(who: pg.Client, sql: string, workspace: string | null = OURS): Promise<string> {
  return world.within(who, workspace, async () => {
    try {
      await who.query(sql);
      return "done";
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      return error.code ?? "";
    }
  });
}

describe("the bot's role cannot", () => {
  const attacks: readonly (readonly [what: string, sql: string])[] = [
    ["become the owner", `set role ${OWNER}`],
    ["become another role", `set session authorization ${OWNER}`],
    ["give itself a role", `grant ${OWNER} to current_user`],
    ["make a role", "create role another superuser"],
    ["raise itself", "alter role aldis_app superuser"],
    ["lift the policies from itself", "alter role aldis_app bypassrls"],
    ["make a table", "create table public.mine (id int)"],
    ["make a function", "create function public.mine() returns int language sql return 1"],
    ["make a schema", "create schema mine"],
    ["make an extension", "create extension file_fdw"],
    ["read password hashes", "select rolpassword from pg_authid"],
    ["read the statistics of columns", "select from pg_statistic"],
    ["read files", "select pg_read_file('PG_VERSION')"],
    ["write files", "copy (select 1) to '/tmp/aldis-must-not-be'"],
    ["run programs", "copy (select 1) to program 'true'"],
    ["import files", "select lo_import('/etc/hostname')"],
    ["read the table of migrations", "select from drizzle.__drizzle_migrations"],
    ["disable row security", "alter table users disable row level security"],
    ["drop a policy", "drop policy workspace on users"],
    ["make a policy", "create policy mine on users using (true)"],
    ["alter a table", "alter table executions drop column mac"],
    ["disable triggers", "alter table audit_events disable trigger all"],
    ["be a replica, whose triggers rest", "set session_replication_role = replica"],
    ["replace a function", "alter function current_workspace() stable"],
    ["truncate", "truncate outputs"],
    ["drop a table", "drop table outputs"],
    [
      "end a session of another role",
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${OWNER}' and pid <> pg_backend_pid()`,
    ],
    ["change what was asked", "update invocations set command = 'other'"],
    ["change what will run", "update executions set spec = '{}'"],
    ["change a decision's MAC", "update executions set mac = ''"],
    ["change a result", "update results set jws = ''"],
    ["change output", "update outputs set frames = ''"],
    ["change an event", "update audit_events set body = '{}'"],
    ["delete an event", "delete from audit_events"],
    ["unlink an event", "delete from audit_chain"],
    ["insert an event", "insert into audit_events select * from audit_events where false"],
    ["insert a detail", "insert into audit_details select * from audit_details where false"],
    ["insert a link", "insert into audit_chain select * from audit_chain where false"],
    ["queue an event twice", "insert into audit_unlinked select * from audit_unlinked where false"],
    ["hold up the queue", "select from audit_unlinked for update"],
    ["empty the queue", "delete from audit_unlinked"],
    ["change a head", "update audit_heads set jws = 'x'"],
    ["put in a head", "insert into audit_heads select * from audit_heads where false"],
    ["forget what ran", "delete from executions"],
    ["make a workspace", "insert into workspaces (id, name) values (gen_random_uuid(), 'mine')"],
    ["change a workspace", "update workspaces set prefix = '?'"],
    ["delete a workspace", "delete from workspaces"],
    ["redirect an installation", `update installations set workspace_id = '${OURS}'`],
    ["make an installation", `insert into installations values ('slack', 'T1', '${OURS}')`],
    ["delete an installation", "delete from installations"],
    ["change a key list", "update key_lists set jws = ''"],
    ["delete a key list", "delete from key_lists"],
    ["redirect a token", `update token_lookup set workspace_id = '${OURS}'`],
  ];

  test.each(attacks)("%s", async (_, sql) => {
    assert.equal(await outcomeOf(world.app, sql), "42501");
  });

  test("do any of that, where its owner can do all but change the audit", async () => {
    // What reaches out of the transaction, or means nothing to whom it is.
    const outside = /^(copy|grant)|lo_import|extension|pg_terminate/;
    const controls = attacks.filter(([, sql]) => !outside.test(sql));

    const refused: string[] = [];
    for (const [what, sql] of controls) {
      if ((await outcomeOf(world.owner, sql)) !== "done") refused.push(what);
    }

    const auditAlone = ["change an event", "delete an event", "unlink an event"];
    const byReference = ["forget what ran", "delete a workspace"];
    assert.deepEqual(refused.sort(), [...auditAlone, ...byReference].sort());
  });

  test("see past the policies by turning row security off", async () => {
    const sql = "set local row_security = off; select from users";

    assert.equal(await outcomeOf(world.app, sql), "42501");
    assert.equal(await outcomeOf(world.owner, sql), "done");
  });

  test("use what runs with its owner's rights as a trigger of its own", async () => {
    const sql = `create temporary table t (workspace_id uuid);
      create trigger t after insert on t for each row execute function bump_access_version();
      insert into t values ('${THEIRS}')`;

    assert.equal(await outcomeOf(world.app, sql), "42501");
    assert.equal(await outcomeOf(world.owner, sql), "done");
  });
});

describe("in the tables without a workspace the role", () => {
  const uses: readonly (readonly [what: string, sql: string])[] = [
    ["reads workspaces", "select from workspaces"],
    ["reads installations", "select from installations"],
    ["adds and reads key lists", "insert into key_lists (number, jws) values (99, 'x')"],
    ["adds tokens", `insert into token_lookup values ('\\x00', '${OURS}')`],
    ["removes tokens", "delete from token_lookup"],
    ["takes leases", "insert into leases (name, owner, expires_at) values ('l', 'o', now())"],
    ["gives leases back", "delete from leases"],
    ["locks a table, all workspaces' rows with it", "lock table users in exclusive mode"],
  ];

  test.each(uses)("%s", async (_, sql) => {
    assert.equal(await outcomeOf(world.app, sql, null), "done");
  });

  test("has no more rights than these", async () => {
    const { rows } = await world.owner.query<{ granted: string }>(`
      select table_name || ' ' || string_agg(lower(privilege_type), ' ' order by privilege_type)
        as granted
      from information_schema.role_table_grants where grantee in ('aldis_app', 'PUBLIC')
        and table_schema = 'public' and table_name in
          (select relname from pg_class where not relrowsecurity and relkind = 'r')
      group by table_name order by 1`);

    assert.deepEqual(
      rows.map(({ granted }) => granted),
      [
        "installations select",
        "key_lists insert select",
        "leases delete insert select update",
        "token_lookup delete insert select",
        "workspaces select",
      ],
    );
  });
});

describe("the functions", () => {
  test("run with the caller's rights, apart from what writes the audit and two that take no argument", async () => {
    const { rows } = await world.owner.query<{ name: string }>(`
      select proname || '(' || pronargs || ')' as name from pg_proc
      where pronamespace = 'public'::regnamespace and prosecdef order by 1`);

    assert.deepEqual(
      rows.map(({ name }) => name),
      [
        "append_event(3)",
        "bump_access_version(0)",
        "keep_head(4)",
        "link_events(5)",
        "schema_version(0)",
      ],
    );
  });

  test("append no event to another workspace than the transaction's", async () => {
    const sql = `select append_event('${THEIRS}', '{"kind": "t", "method": "t"}', '{}')`;

    assert.equal(await outcomeOf(world.app, sql, OURS), "42501");
    assert.equal(await outcomeOf(world.app, sql, null), "42501");
    assert.equal(await outcomeOf(world.app, sql, THEIRS), "done");
  });

  test("that write the audit are run by the bot's role alone", async () => {
    const { rows } = await world.owner.query(`select proname from pg_proc
      where proname in ('append_event', 'link_events', 'keep_head')
        and (has_function_privilege('public', oid, 'execute')
          or not has_function_privilege('aldis_app', oid, 'execute'))`);

    assert.deepEqual(rows, []);
  });

  test("called for one workspace with everything of another, change nothing there", async () => {
    const before = await world.contentOf(THEIRS);
    const { app } = world;
    for (const { name, call } of await callsWithTheirs()) {
      await app.query(call).catch((error: unknown) => {
        assert.ok(error instanceof pg.DatabaseError, name);
      });
    }

    assert.deepEqual(await world.contentOf(THEIRS), before);
  });

  test("do, for whoever names the other workspace: the role serves them all", async () => {
    const before = await world.contentOf(THEIRS);
    await world.app.query("select cancel_execution($1, $2, null, 'test')", [
      THEIRS,
      idOf(THEIRS, "execution"),
    ]);

    const after = await world.contentOf(THEIRS);
    assert.notEqual(after.executions, before.executions);
    assert.notEqual(after.audit_events, before.audit_events);
  });
});

/** Each function that takes a workspace, with ours, and with their ids wherever it takes one. */
async function callsWithTheirs(): Promise<{ name: string; call: string }[]> {
  const { rows } = await world.owner.query<{ name: string; names: string[]; types: string[] }>(`
    select proname as name, proargnames[1:pronargs] as names,
      array(select format_type(t, null) from unnest(proargtypes) t) as types
    from pg_proc where pronamespace = 'public'::regnamespace and proargnames[1] = 'ws'
    order by 1`);
  assert.ok(rows.length >= 14, `${rows.length} functions take a workspace`);
  return rows.map(({ name, names, types }) => {
    const args = types.map((type, index) => argument(names[index] ?? "", type));
    return { name, call: `select ${name}(${args.join(", ")})` };
  });
}

function argument(name: string, type: string): string {
  if (name === "ws") return `'${OURS}'`;
  const about: Readonly<Record<string, string>> = {
    uuid: `'${idOf(THEIRS, /^(execution|invocation|relay)$/.test(name) ? name : "user")}'`,
    integer: "1",
    bigint: "1",
    text: "'e'",
    "text[]": `array['${idOf(THEIRS, "relay")}/e']`,
    bytea: "'\\x00'",
    jsonb: `jsonb_build_object('id', '${idOf(THEIRS, "event")}', 'executionId', '${idOf(THEIRS, "execution")}', 'kind', 't', 'method', 't', 'status', 'failed', 'workspace', '${THEIRS}')`,
    executions: `(select e from executions e limit 1)`,
    "timestamp with time zone": "null",
  };
  const value = about[type];
  assert.ok(value, `no argument of type ${type}`);
  return value;
}
