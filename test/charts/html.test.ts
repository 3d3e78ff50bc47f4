import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { html, htmlPage } from '../../src/charts/html.ts';
import { dataTable, figure } from '../../src/charts/pageParts.ts';
import { batchSizeChart } from './exampleCharts.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.stringMatching(/^[<>&"'`/=a-z ;#0-9-]*$/),
  fc.constantFrom('<script>alert(1)</script>', '" onload="alert(1)', '<!--', ']]>', '&lt;', '</style>', '$1'),
);

describe('html', () => {
  it('writes any text so that it reads as itself, between tags and in attributes', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { markup } = html`<p title="${text}">${text}</p>`;
        const [, attribute, content] = markup.match(/^<p title="([^"<>]*)">([^<>]*)<\/p>$/s)!;
        const readable = text.replace(
          /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/gu,
          '\ufffd',
        );
        expect(readBack(content)).toBe(readable);
        expect(readBack(attribute)).toBe(readable);
      }),
    );
  });

  it('puts markup, lists and nothing where they stand', () => {
    const items = ['a', '<b>'].map((each) => html`<li>${each}</li>`);
    expect(html`<ul>${items}</ul>${false}${undefined}${3}`.markup).toBe(
      '<ul><li>a</li><li>&lt;b&gt;</li></ul>3',
    );
  });
});

describe('htmlPage', () => {
  const page = htmlPage({ title: '<script>', style: 'p { color: red }', body: html`<p>hello</p>` });

  it('forbids all but its own style sheet', () => {
    const [, policy] = page.match(/http-equiv="Content-Security-Policy" content="([^"]*)"/)!;
    expect(policy).toContain('default-src &#39;none&#39;');
    expect(policy).toMatch(/style-src &#39;sha256-[\w+/]{43}=&#39;/);
    expect(policy).not.toContain('unsafe');
  });

  it('has what readers and their machines ask for', () => {
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(page).toContain('<meta charset="utf-8">');
    expect(page).toContain('<title>&lt;script&gt;</title>');
    expect(page).toContain('name="viewport"');
  });
});

describe('the parts of a page', () => {
  it('a figure has a caption with n, and one picture for narrow screens', () => {
    const { markup } = figure(2, batchSizeChart);
    expect(markup).toContain(
      '<figcaption><b>Figure 2. Test accuracy against batch size.</b> Made-up numbers. Mean of n = 3 seeds',
    );
    expect(markup.match(/<svg [^>]*aria-label="Test accuracy against batch size"/g)).toHaveLength(2);
  });

  it('a table names its columns and rows', () => {
    const { markup } = dataTable({ name: 'A <table>', heads: ['norm', 'n'], rows: [['none', '3']] });
    expect(markup).toContain('aria-label="A &lt;table&gt;"');
    expect(markup).toContain('<th scope="col" class="word">norm</th><th scope="col" class="">n</th>');
    expect(markup).toContain('<th scope="row" class="word">none</th><td class="" data-head="n">3</td>');
  });
});

function readBack(markup: string): string {
  const characters: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return markup.replace(/&(amp|lt|gt|quot|#39);/g, (_, name) => characters[name]);
}
