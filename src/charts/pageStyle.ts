/**
 * The look of a report: a paper on a screen. Pictures keep their white ground in the dark, where their colours were not
 * chosen for. A narrow screen gets pictures of its own (pageParts.ts).
 */
export const pageStyle = `
:root {
  --ink: #1c1c21; --muted: #5d5d68; --rule: #d9d9df; --paper: #ffffff; --tint: #f5f5f2;
  --good: #006a4e; --bad: #a93a00; --link: #005a8f; --shade: #00000038;
  --serif: 'Iowan Old Style', 'Palatino Linotype', Palatino, 'URW Palladio L', Georgia, 'Liberation Serif', serif;
  --sans: system-ui, 'Segoe UI', Helvetica, Arial, 'Liberation Sans', sans-serif;
  --mono: ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ink: #e7e5e0; --muted: #a8a7a2; --rule: #3b3c42; --paper: #17181b; --tint: #212227;
    --good: #5fcfa6; --bad: #ff9f6b; --link: #7cc0ee; --shade: #000000b0;
  }
  figure .picture { border-radius: 6px; overflow: hidden; }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.6 var(--serif); overflow-wrap: break-word; }
main { max-width: 51rem; margin: 0 auto; padding: 3.5rem 1.5rem 4rem; }
a { color: var(--link); }
p { margin: 0.8em 0; }
header { padding-bottom: 1.4rem; border-bottom: 1px solid var(--rule); }
.kind { margin: 0 0 0.7rem; color: var(--muted); font: 600 0.75rem/1.4 var(--sans); letter-spacing: 0.08em; text-transform: uppercase; }
h1 { margin: 0; font-size: clamp(1.6rem, 1.2rem + 1.9vw, 2.3rem); font-weight: 600; line-height: 1.18; letter-spacing: -0.01em; text-wrap: balance; }
.question { margin: 0.9rem 0 0; font-size: 1.25rem; font-style: italic; line-height: 1.4; }
.source { margin: 0.5rem 0 0; color: var(--muted); }
.summary { display: flex; flex-wrap: wrap; gap: 0.4rem 1.4rem; margin: 1.2rem 0 0; padding: 0; list-style: none; font: 0.875rem/1.5 var(--sans); color: var(--muted); }
.summary b { color: var(--ink); font-weight: 600; font-variant-numeric: tabular-nums; }
h2 { margin: 2.8rem 0 0.8rem; font-size: 1.35rem; font-weight: 600; line-height: 1.25; }
.note { margin: 1.4rem 0 0; padding: 0.7rem 1rem; border-left: 3px solid var(--bad); background: var(--tint); font: 0.9375rem/1.5 var(--sans); }

.claims { margin: 0; padding: 0; list-style: none; }
.claims li { display: grid; grid-template-columns: 6.4rem 1fr; gap: 0 0.9rem; padding: 0.6rem 0; border-top: 1px solid var(--rule); }
.claims li:last-child { border-bottom: 1px solid var(--rule); }
.verdict { font: 600 0.8125rem/1.7rem var(--sans); white-space: nowrap; }
.held { color: var(--good); }
.failed { color: var(--bad); }
.open { color: var(--muted); }
.measured { display: block; color: var(--muted); font: 0.875rem/1.5 var(--sans); font-variant-numeric: tabular-nums; }

figure { margin: 2rem 0; break-inside: avoid; }
figure .picture { background: #ffffff; }
figure svg { display: block; width: 100%; height: auto; }
.narrow { display: none; }
figcaption, .caption { color: var(--muted); font-size: 0.9375rem; line-height: 1.5; text-align: left; }
figcaption { margin-top: 0.6rem; }
figcaption b, .caption b { color: var(--ink); }

.table { margin: 1.6rem 0; }
.caption { margin: 0 0 0.6rem; }
/* A shadow at an edge behind which there is more: the covers go with the content, the shadows stay. */
.scroll {
  overflow-x: auto;
  background:
    linear-gradient(to right, var(--paper) 40%, transparent) left / 3rem 100% no-repeat local,
    linear-gradient(to left, var(--paper) 40%, transparent) right / 3rem 100% no-repeat local,
    linear-gradient(to right, var(--shade), transparent) left / 0.9rem 100% no-repeat scroll,
    linear-gradient(to left, var(--shade), transparent) right / 0.9rem 100% no-repeat scroll;
}
.broad { width: min(100vw - 3rem, 66rem); margin-left: 50%; transform: translateX(-50%); }
.scroll:focus-visible { outline: 2px solid var(--link); outline-offset: 3px; }
table { width: 100%; border-collapse: collapse; font: 0.875rem/1.45 var(--sans); font-variant-numeric: tabular-nums lining-nums; border-bottom: 1.5px solid var(--ink); }
thead th { border-top: 1.5px solid var(--ink); border-bottom: 1px solid var(--ink); vertical-align: bottom; }
th, td { padding: 0.36rem 0.7rem; text-align: right; font-weight: 400; white-space: nowrap; }
th:first-child, td:first-child { padding-left: 0.2rem; }
th:last-child, td:last-child { padding-right: 0.2rem; }
thead th { font-weight: 600; }
.word { text-align: left; }
.wide { white-space: normal; min-width: 11rem; }
tbody tr + tr > * { border-top: 1px solid var(--rule); }
.dense td, .dense th { padding-top: 0.16rem; padding-bottom: 0.16rem; font-size: 0.8125rem; }
code, pre { font-family: var(--mono); font-size: 0.8125rem; }
pre { margin: 1rem 0; padding: 0.8rem 1rem; overflow-x: auto; background: var(--tint); border-radius: 4px; line-height: 1.5; }
dl > div { display: contents; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1.2rem; margin: 1rem 0; font: 0.875rem/1.5 var(--sans); }
dt { color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; }
.settings { grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: 0.15rem 1.5rem; }
.settings > div { display: flex; justify-content: space-between; gap: 1rem; border-bottom: 1px solid var(--rule); }
.settings dd { text-align: right; }
.prose dt { padding-top: 0.15rem; }
.prose dd { font: 1rem/1.55 var(--serif); }
details { margin: 1rem 0; }
summary { cursor: pointer; font: 600 0.9375rem/1.6 var(--sans); }
footer { margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--rule); color: var(--muted); font: 0.8125rem/1.5 var(--sans); }

@media screen and (max-width: 40rem) {
  body { font-size: 1rem; }
  main { padding: 1.8rem 1.1rem 2.5rem; }
  .question { font-size: 1.125rem; }
  .usual { display: none; }
  .narrow { display: block; }
  .claims li { grid-template-columns: 1fr; }
  .prose { grid-template-columns: 1fr; }
  .prose dd { margin-bottom: 0.6rem; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  .stacks thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  .stacks tbody, .stacks tr { display: block; }
  .stacks tr { padding: 0.45rem 0; }
  .stacks tr + tr { border-top: 1px solid var(--rule); }
  .stacks tr > * { display: flex; justify-content: space-between; gap: 1rem; padding: 0.1rem 0; white-space: normal; overflow-wrap: anywhere; border: 0; }
  .stacks tbody th { font-weight: 600; }
  .stacks td::before { content: attr(data-head); color: var(--muted); text-align: left; }
}
@media print {
  @page { margin: 18mm 16mm; }
  html { font-size: 9pt; }
  body { line-height: 1.45; }
  main { max-width: none; padding: 0; }
  h2 { break-after: avoid; margin-top: 1.6rem; }
  .scroll { overflow: visible; background: none; }
  .broad { width: auto; margin-left: 0; transform: none; }
  .dense td, .dense th { font-size: 0.7rem; padding: 0.1rem 0.25rem; }
  tr, .claims li { break-inside: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; }
  pre { white-space: pre-wrap; border: 1px solid var(--rule); }
}
`;
