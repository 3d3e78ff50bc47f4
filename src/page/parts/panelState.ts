import { useEffect, useMemo } from 'preact/hooks';
import { followAddress } from '../address/address.ts';
import type { Fields } from '../address/fields.ts';

/** The state of a panel, as signals that the address follows; and what the address got wrong. */
export function usePanelState<State extends object>(panel: string, fields: Fields<State>) {
  const followed = useMemo(() => followAddress(panel, fields), []);
  useEffect(() => followed.stop, []);
  return followed;
}
