import type { Explanation } from './explanation.ts';

/** Where `normgrad play` serves the interactive page, unless it is told another port. */
export const pagePort = 2719;

/** The panels of the page (src/page/panels) that show this norm, with their addresses. */
export function panelsOf({ norm, kind, standardization }: Explanation): { title: string; address: string }[] {
  const panels: [string, string][] = [['who talks to whom', 'sets']];
  if (standardization && kind === 'activation') {
    panels.push(['its three paths', 'paths'], ['what it removes', 'projection'], ['its tape', 'tape']);
  }
  if (standardization) panels.push(['the missing line', 'exercise']);
  panels.push(['against no norm', 'duel']);
  return panels.map(([title, panel]) => {
    const state = panel === 'duel' ? `b=${norm}` : `norm=${norm}`;
    return { title, address: `http://127.0.0.1:${pagePort}/page/#/${panel}?${state}` };
  });
}
