import * as v from 'valibot';
import { bytesText } from '../../errors.ts';
import { fromJson } from '../../json.ts';
import { most, type Trace, traceSchema, traceVersion } from './format.ts';

/** What can be wrong with a file that is opened as a trace, in words; never more of the file than a few letters. */
export class TraceError extends Error {
  override readonly name = 'TraceError';
}

const HINT = 'A trace is what “normgrad train --trace FILE” writes.';

/** The trace that a text is. Nothing in it is believed before it was looked at. Throws a TraceError. */
export function readTrace(text: string): Trace {
  if (text.length > most.bytes) {
    throw new TraceError(
      `It has ${bytesText(text.length)}, and a trace has ${bytesText(most.bytes)} at most. ${HINT}`,
    );
  }
  let content: unknown;
  try {
    content = fromJson(text);
  } catch {
    // Beside a SyntaxError a RangeError: lists in lists, deeper than the stack.
    throw new TraceError(`It is no JSON, or was cut off. ${HINT}`);
  }
  const { format, version } = (content ?? {}) as { format?: unknown; version?: unknown };
  if (format !== 'normgrad trace') throw new TraceError(`It is JSON, but no trace. ${HINT}`);
  if (version !== traceVersion) {
    throw new TraceError(
      `It is a trace of another version of normgrad: ${String(version).slice(0, 20)}, and this page reads ${traceVersion}.`,
    );
  }
  const { success, output, issues } = v.safeParse(traceSchema, content, { abortEarly: true });
  if (!success) {
    const path = (v.getDotPath(issues[0]) ?? 'it').slice(0, 100);
    throw new TraceError(`The trace is damaged: ${path}: ${issues[0].message.slice(0, 200)}.`);
  }
  const problem = contradictionIn(output);
  if (problem !== undefined) throw new TraceError(`The trace is damaged: ${problem}.`);
  return output;
}

/** What points somewhere must find something there. */
function contradictionIn({ layers, parameters, steps, tape }: Trace): string | undefined {
  const isOff = (index: number | null, length: number) => index !== null && index >= length;
  if (parameters.some(({ layer }) => isOff(layer, layers.length)))
    return 'a parameter is of a layer that is not there';
  const uneven = steps.find(
    ({ activations, gradients }) =>
      activations.length !== layers.length || gradients.length !== parameters.length,
  );
  if (uneven) return `step ${uneven.step} has not one entry for each layer and parameter`;
  if (tape === null) return undefined;
  if (tape.parameters.length !== parameters.length) return 'its tape has other parameters than the network';
  const wrong = tape.operations.findIndex(({ inputs }, i) =>
    inputs.some(
      (input) =>
        (input.from === 'operation' && input.index >= i) ||
        (input.from === 'parameter' && isOff(input.index, parameters.length)),
    ),
  );
  return wrong < 0 ? undefined : `operation ${wrong} has an input that does not stand before it`;
}
