import { bytesText } from '../../errors.ts';
import { most, type Trace } from '../../train/trace/format.ts';
import { readTrace, TraceError } from '../../train/trace/read.ts';

/** The trace that a file is, looked through before anything of it is shown. */
export async function openTrace(file: File): Promise<Trace> {
  try {
    if (file.size > most.bytes) {
      throw new TraceError(
        `It has ${bytesText(file.size)}, and a trace has ${bytesText(most.bytes)} at most.`,
      );
    }
    return readTrace(await file.text());
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new Error(`“${file.name.slice(0, 60)}” cannot be shown. ${error.message}`, { cause: error });
  }
}
