import { createHash } from 'node:crypto';
import { escapeXml } from './svgElement.ts';

/** Markup, as opposed to text: only `html` and `svgAsHtml` make it. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

/** What may stand in a template: text and numbers are escaped, markup is not, false and undefined are nothing. */
export type HtmlValue = Html | string | number | false | undefined | readonly HtmlValue[];

/**
 * html`<p title="${name}">${name}</p>`: whatever `name` holds comes out as text. That is true between tags and within
 * quoted attributes, so attributes are always quoted, and nothing is put into a tag's name, a script or a style.
 */
export function html(template: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(template.map((part, i) => (i === 0 ? '' : markupOf(values[i - 1])) + part).join(''));
}

/** A picture that renderSvgChart made, to stand within a page. */
export function svgAsHtml(svg: string): Html {
  return new Html(svg);
}

export interface PageParts {
  title: string;
  /** CSS. */
  style: string;
  body: Html;
}

/**
 * A whole page in one file. Its policy lets a browser load nothing at all, run no script, and apply this one style
 * sheet, which is known by its hash: what stands in a run's name could do no harm even if it were not escaped.
 */
export function htmlPage({ title, style, body }: PageParts): string {
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
${body}
</body>
</html>
`.markup;
}

function markupOf(value: HtmlValue): string {
  if (value instanceof Html) return value.markup;
  if (Array.isArray(value)) return value.map(markupOf).join('');
  return value === undefined || value === false ? '' : escapeXml(String(value));
}
