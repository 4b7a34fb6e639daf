import { RELAY_OWN_KEYS } from "../../../relay/config.ts";
import { COMMON_KEYS } from "../../../relay/process/common-keys.ts";
import { BOT_OWN_KEYS } from "../../config.ts";

/** The settings of both programs: what simple mode takes, and `config explain` shows. */
export const ALL_KEYS = [...COMMON_KEYS, ...BOT_OWN_KEYS, ...RELAY_OWN_KEYS] as const;
