const CANCEL = /^cancel:([0-9a-f-]{36})$/;
const ROW = 1;
const BUTTON = 2;
const DANGER = 4;

/** A row with the button that cancels an execution, for whoever may. */
export function cancelButton(executionId: string) {
  const button = {
    type: BUTTON,
    style: DANGER,
    label: "Cancel",
    custom_id: `cancel:${executionId}`,
  };
  return { type: ROW, components: [button] };
}

/** The line that pressing a button stands for; undefined for a button that is not known. */
export function lineOfButton(customId: string): string | undefined {
  const [, executionId] = CANCEL.exec(customId) ?? [];
  return executionId === undefined ? undefined : `aldis:cancel ${executionId}`;
}
