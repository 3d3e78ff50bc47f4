import { type Html, type HtmlValue, html, svgAsHtml } from './html.ts';
import type { LineChart } from './lineChart.ts';
import { chartCaption, renderSvgChart } from './svgChart.ts';

/** The pieces that reports are put together from; pageStyle.ts has their look. */

/** `Figure 2. title caption`: drawn twice, since the text of a chart made small for a phone could not be read. */
export function figure(number: number, chart: LineChart): Html {
  const usual = renderSvgChart(chart, { width: 768, plotHeight: 340, bare: true });
  const narrow = renderSvgChart(chart, { width: 380, plotHeight: 260, bare: true, legend: 'below' });
  return html`<figure id="figure-${number}">
<div class="picture usual">${svgAsHtml(usual)}</div>
<div class="picture narrow">${svgAsHtml(narrow)}</div>
<figcaption><b>Figure ${number}. ${sentence(chart.title)}</b> ${chartCaption(chart)}</figcaption>
</figure>`;
}

export interface HtmlTable {
  /** Said aloud for the region that scrolls. */
  name: string;
  caption?: HtmlValue;
  heads: readonly string[];
  rows: readonly (readonly HtmlValue[])[];
  /** How many columns, from the first on, hold words: they stand on the left, numbers on the right. Default 1. */
  words?: number;
  /** Long words in these may be broken. */
  wide?: readonly number[];
  /** Many rows and columns: close to one another, and wider than the text where there is room. */
  dense?: boolean;
}

/**
 * The first cell of every row names the row. On a narrow screen the cells of a row stand one below the other, each with its head; a
 * dense table scrolls there, in a box of its own.
 */
export function dataTable({ name, caption, heads, rows, words = 1, wide = [], dense }: HtmlTable): Html {
  const look = (i: number) => [i < words ? 'word' : '', wide.includes(i) ? 'wide' : ''].join(' ').trim();
  return html`<div class="table ${dense && 'broad'}">
${caption !== undefined && html`<p class="caption">${caption}</p>`}
<div class="scroll" role="region" aria-label="${name}" tabindex="0">
<table class="${dense ? 'dense' : 'stacks'}">
<thead><tr>${heads.map((head, i) => html`<th scope="col" class="${look(i)}">${head}</th>`)}</tr></thead>
<tbody>${rows.map(
    (row) => html`
<tr>${row.map((cell, i) =>
      i === 0
        ? html`<th scope="row" class="${look(i)}">${cell}</th>`
        : html`<td class="${look(i)}" data-head="${heads[i]}">${cell}</td>`,
    )}</tr>`,
  )}
</tbody>
</table>
</div>
</div>`;
}

/** Names with what they mean, in two columns. */
export function facts(entries: readonly (readonly [string, HtmlValue])[], look = ''): Html {
  return html`<dl class="${look}">${entries.map(
    ([name, value]) => html`
<div><dt>${name}</dt><dd>${value}</dd></div>`,
  )}
</dl>`;
}

/** With a full stop, if it has no end of its own. */
function sentence(text: string): string {
  return /[.?!…]$/.test(text) ? text : `${text}.`;
}
