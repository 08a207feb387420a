/** Ctrl-C and SIGTERM ask for an orderly end; a second one does not ask. */

const CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** What is said when a training is asked to end. */
export const stopping = (progress: { note(text: string): void }) => ({
  onInterrupt: () => progress.note("Stopping after this step; the checkpoint will be saved. Ctrl-C again stops at once."),
});

/** Run `work` with a signal that aborts on Ctrl-C; the process then ends with the code that shells expect. */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { onInterrupt }: { onInterrupt?: () => void } = {},
): Promise<T> {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals) => {
    const code = CODES[name as keyof typeof CODES];
    if (controller.signal.aborted) process.exit(code);
    process.exitCode = code;
    onInterrupt?.();
    controller.abort();
  };
  for (const name of Object.keys(CODES)) process.on(name, stop);
  try {
    return await work(controller.signal);
  } finally {
    for (const name of Object.keys(CODES)) process.off(name, stop);
  }
}
