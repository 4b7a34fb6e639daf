-- Beside the rows of the first schema, what its functions write.
select record_invocation('0bbbbbbb-0000-7000-8000-000000000002', null,
  '{"id": "00000001-0000-7000-8000-000000000099", "adapter": "console", "installation": "local",
    "channel": "c", "messageId": "m99", "providerUser": "ada", "decision": "allow",
    "bundle": "web", "bundleVersion": "1.0.0", "command": "deploy",
    "eventId": "00000009-0000-7000-8000-000000000099"}',
  '{"id": "00000002-0000-7000-8000-000000000099",
    "spec": {"executionId": "00000002-0000-7000-8000-000000000099", "delivery": "at-least-once"},
    "mac": "bWFj", "relayId": "00000000-0000-7000-8000-000000000006", "epoch": "epoch",
    "botId": "bot", "offerTimeoutMs": 1000, "queueTimeoutMs": 1000, "lostAfterMs": 1000}',
  '{"text": "!web:deploy"}');
select start_execution('0bbbbbbb-0000-7000-8000-000000000002', '00000002-0000-7000-8000-000000000099',
  1, '00000000-0000-7000-8000-000000000006', 'epoch');
select settle_execution('0bbbbbbb-0000-7000-8000-000000000002', '00000002-0000-7000-8000-000000000099',
  1, '00000000-0000-7000-8000-000000000006', '{"status": "failed", "exitCode": 3, "durationMs": 5,
  "outputLength": 0, "outputDigest": "", "outputCut": false}', 'signed');
select record_event('0bbbbbbb-0000-7000-8000-000000000002', 'bundle.enabled', 'api',
  '00000000-0000-7000-8000-000000000001', null, '{"name": "web"}');
