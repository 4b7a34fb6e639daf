/** A valid file that uses every key of Aldis's own. */
export const EVERY_KEY = `
aldis_bundle_version: 1
name: web
version: 1.4.0
author: Ops
homepage: https://example.com
description: Deploys.
long_description: More.
image: web:1
permissions: [deploy]
relay: { selector: { tags: { region: [eu, us] }, not: { old: "true" }, exists: [k], absent: [lost], preferred: { a: 1 } } }
limits: { memory: 256Mi, cpus: 0.5, pids: 64, timeout: 5m, output: 64Mi, tmp: 1024 }
config: [{ name: API_TOKEN, description: Which., secret: true, required: true }]
templates: { command: "x", command_error: { text: "x" }, message: [x], message_error: "x" }
commands:
  deploy:
    description: Deploys.
    long_description: More.
    executable: [deploy]
    native: false
    options:
      version: { type: string, required: true, short: v, description: What. }
      replicas: { type: enum, choices: [1, 2], default: 1 }
      token: { secret: true }
    arguments: [{ name: environment, description: Where., required: true, choices: [staging, prod] }]
    rules: [must have web:deploy]
    relay: { selector: {} }
    delivery: at-least-once
    offer_timeout: 10s
    queue_timeout: 10m
    lost_after: 5m
    attempts: 2
    concurrency: { max: 1, by: [environment] }
    confirm: "Sure?"
    limits: { timeout: 20m }
    network: none
    mounts: [data]
    user: 1000:1000
    complete: { version: [/bin/versions] }
    examples: [deploy prod]
    triggers: [{ match: "/^deploy$/" }]
    templates: { command: x }
`;
