import { playShard } from "./shard.ts";

playShard(3);
