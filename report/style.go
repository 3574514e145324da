package report

// style is the page's own; it names no font that has to be fetched.
const style = `
:root { --ink: #16202c; --soft: #56616f; --line: #d5dae0; --paper: #fff; --wash: #f5f6f8; --red: #b3131b; --green: #0b6e5f; }
* { box-sizing: border-box; }
html { background: #e9ebee; }
body { margin: 0; color: var(--ink); font: 15px/1.5 "Noto Sans", "Segoe UI", "Helvetica Neue", Arial, sans-serif; font-variant-numeric: tabular-nums; }
main { max-inline-size: 1060px; margin: 0 auto; padding: 52px 64px 64px; background: var(--paper); }
h1 { font: 600 38px/1.15 "Noto Serif", Georgia, "Times New Roman", serif; margin: 6px 0 14px; letter-spacing: -0.01em; }
h2 { font: 600 24px/1.25 "Noto Serif", Georgia, "Times New Roman", serif; margin: 46px 0 10px; padding-block-start: 16px; border-block-start: 2px solid var(--ink); break-after: avoid; }
h3 { font-size: 15px; font-weight: 600; margin: 20px 0 6px; break-after: avoid; }
p { margin: 0 0 10px; max-inline-size: 78ch; }
.over { display: flex; justify-content: space-between; gap: 20px; font-size: 12px; letter-spacing: 0.09em; text-transform: uppercase; color: var(--soft); border-block-end: 1px solid var(--line); padding-block-end: 10px; margin-block-end: 22px; }
.over b { color: var(--red); font-weight: 600; }
.lede { font-size: 16.5px; }
.caution { border-inline-start: 3px solid var(--ink); padding: 2px 0 2px 14px; color: var(--ink); font-size: 14px; margin-block: 16px 0; }
.small { font-size: 12.5px; color: var(--soft); }
.cards { display: grid; grid-template-columns: repeat(4, 1fr); gap: 0; margin: 28px 0 8px; border-block: 2px solid var(--ink); break-inside: avoid; }
.card { padding: 14px 18px 16px; border-inline-start: 1px solid var(--line); }
.card:first-child { border-inline-start: 0; padding-inline-start: 0; }
.card .k { font-size: 12px; color: var(--soft); text-transform: uppercase; letter-spacing: 0.06em; }
.card .v { font: 600 27px/1.15 "Noto Serif", Georgia, serif; margin: 6px 0 6px; white-space: nowrap; }
.card .v.bad { color: var(--red); } .card .v.good { color: var(--green); }
.card .w { font-size: 13px; line-height: 1.42; }
figure { margin: 14px 0 6px; break-inside: avoid; }
figure svg { display: block; inline-size: 100%; block-size: auto; border: 1px solid var(--line); background: #fff; }
figcaption { font-size: 12.5px; color: var(--soft); margin-block-start: 7px; max-inline-size: 110ch; }
figcaption b { color: var(--ink); }
svg text { font-family: "Noto Sans", "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
table { border-collapse: collapse; inline-size: 100%; font-size: 13.5px; line-height: 1.42; margin: 12px 0 10px; }
th { text-align: start; font-size: 11.5px; font-weight: 600; letter-spacing: 0.05em; text-transform: uppercase; color: var(--soft); border-block-end: 1.5px solid var(--ink); padding: 5px 10px 5px 0; vertical-align: bottom; }
td { vertical-align: top; padding: 6px 12px 6px 0; border-block-end: 1px solid var(--line); overflow-wrap: break-word; }
tr { break-inside: avoid; }
thead { display: table-header-group; }
td.n { color: var(--soft); inline-size: 30px; } td.t { white-space: nowrap; }
table.story td:nth-child(3) { inline-size: 150px; } table.story td:nth-child(4) { inline-size: 92px; color: var(--soft); font-size: 12.5px; }
.dot { display: inline-block; inline-size: 9px; block-size: 9px; border-radius: 50%; margin-inline-end: 7px; }
.badge { font-size: 11px; font-weight: 600; letter-spacing: 0.04em; text-transform: uppercase; padding: 1px 6px; border: 1px solid currentColor; border-radius: 2px; margin-inline-end: 3px; white-space: nowrap; }
.b-alert, .b-finding { color: var(--red); } .b-notice { color: #1f5fa8; } .b-relay, .b-opening { color: var(--green); } .b-plan { color: #6b5a2a; }
tr.k-alert td { background: #fdf3f2; }
table.facts { table-layout: fixed; } table.facts th:nth-child(1) { inline-size: 24%; } table.facts th:nth-child(2) { inline-size: 14%; } table.facts th:nth-child(4) { inline-size: 24%; }
table.facts td[rowspan] { font-weight: 600; } table.facts td[rowspan] span { display: block; font-weight: 400; color: var(--soft); font-size: 12.5px; }
table.facts .by { font-weight: 600; } table.facts .src { color: var(--soft); font-size: 12.5px; }
table.facts tr.more td { border-block-end-style: dotted; } table.facts tr.last td, table.facts tr.more td[rowspan] { border-block-end: 1px solid #8b95a1; }
.mono { font: 11.5px/1.5 "Noto Sans Mono", ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
pre { font: 12.5px/1.6 "Noto Sans Mono", ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; background: var(--wash); border: 1px solid var(--line); padding: 12px 16px; margin: 8px 0; white-space: pre-wrap; overflow-wrap: anywhere; break-inside: avoid; }
.verdict { font-weight: 600; } .verdict.good { color: var(--green); } .verdict.bad { color: var(--red); }
.foot { margin-block-start: 40px; border-block-start: 1px solid var(--line); padding-block-start: 12px; }
@media screen and (max-width: 760px) { main { padding: 24px 18px; } .cards { grid-template-columns: 1fr 1fr; } .card { border-inline-start: 0; padding-inline-start: 0; } h1 { font-size: 29px; } }
@page { size: A4; margin: 15mm 14mm 16mm; }
@media print {
  html { background: #fff; } main { max-inline-size: none; padding: 0; } body { font-size: 10pt; }
  h1 { font-size: 25pt; } h2 { font-size: 15pt; margin-block-start: 22pt; padding-block-start: 8pt; }
  .lede { font-size: 11pt; } table { font-size: 8.8pt; } .card .v { font-size: 17pt; } .card .w { font-size: 8.6pt; } .card { padding-inline: 10px 8px; }
  figcaption, .small { font-size: 8.4pt; } pre, .mono { font-size: 7.6pt; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
`
