-- What runs is a digest: the one that a relay has found behind the image's name when a version was
-- enabled.

alter table bundles
  -- `name:tag@digest`; null where no command needs a container.
  add column image text,
  -- Over it and the version's content; see bot/bundles/mac.ts.
  add column image_mac bytea;
