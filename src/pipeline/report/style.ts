/** The style sheet of a report: light and dark, from 360 px on. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #f7f5f0; --card: #fffefb; --ink: #211f1b; --soft: #69635a; --faint: #736c60; --line: #e3ddd0; --kept-text: #1d666c; --here-text: #ae4413;
  --kept: #2a7f86; --kept-soft: #d3e6e4; --here: #d9662b; --here-soft: #fbe6d9; --failed: #8d5ba6; --other: #c9c1b1; --merged: #a5cdc8; --wait: #e8c468;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #171614; --card: #201f1c; --ink: #ece7dc; --soft: #a8a194; --faint: #918b7e; --line: #35322c; --kept-text: #6cc2c2; --here-text: #f29a67;
    --kept: #489fa1; --kept-soft: #21393a; --here: #ee8a52; --here-soft: #3d2a1e; --failed: #b98ad0; --other: #575247; --merged: #2f5f61; --wait: #b8933c;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 56px; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 1160px; margin: 0 auto; padding: 28px 24px 64px; }
h1, h2, h3, h4, p, figure, dl, dd, ul { margin: 0; padding: 0; }
ul { list-style: none; }
small { font-size: .86em; color: var(--soft); font-weight: 400; }
code { font: .9em var(--mono); color: var(--soft); overflow-wrap: anywhere; }
summary { cursor: pointer; color: var(--soft); }
summary:hover { color: var(--ink); }
a { color: inherit; }
:focus-visible { outline: 2px solid var(--kept); outline-offset: 2px; }

.brand { display: flex; align-items: center; gap: 8px; color: var(--soft); font-size: 13px; letter-spacing: .02em; }
.logo { width: 20px; height: 20px; }
.warp { stroke: var(--kept); } .weft { stroke: var(--here); }
h1 { font-size: 34px; line-height: 1.2; letter-spacing: -.02em; margin-top: 14px; overflow-wrap: anywhere; }
.state { display: inline-block; vertical-align: middle; font-size: 12px; font-weight: 600; letter-spacing: .02em; line-height: 1; padding: 6px 9px; border-radius: 99px; margin-left: 4px; }
.state.is-done { background: var(--kept-soft); color: var(--kept-text); } .state.is-open { background: var(--here-soft); color: var(--here-text); }
.when { color: var(--soft); margin-top: 4px; }
.notice { border-left: 3px solid var(--here); background: var(--here-soft); padding: 10px 14px; margin-top: 16px; border-radius: 0 6px 6px 0; overflow-wrap: anywhere; }
.ledger { margin-top: 26px; }
.sum { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 16px; font-size: 17px; color: var(--soft); }
.sum b { font-size: 46px; line-height: 1.1; letter-spacing: -.03em; color: var(--ink); font-weight: 650; }
.sum .out b { color: var(--kept-text); }
.sum i { font-style: normal; font-size: 26px; color: var(--faint); }
.ledger-bar { display: block; width: 100%; height: 16px; border-radius: 4px; margin: 12px 0 8px; background: var(--line); }
.legend { color: var(--soft); font-size: 14px; }
.legend .key { margin-right: 2px; white-space: nowrap; } h2 + .legend .key { margin-right: 12px; }
.key::before { content: ""; display: inline-block; width: 9px; height: 9px; border-radius: 2px; margin-right: 6px; background: var(--other); }
.key.kept::before { background: var(--kept); } .key.dropped::before, .key.here::before { background: var(--here); }
.key.merged::before { background: var(--merged); } .key.failed::before { background: var(--failed); } .key.waiting::before { background: var(--wait); } .key.lost::before { background: var(--ink); }
.kept { fill: var(--kept); } .dropped, .here { fill: var(--here); } .failed { fill: var(--failed); } .other { fill: var(--other); }
.merged { fill: var(--merged); } .waiting { fill: var(--wait); } .lost { fill: var(--ink); }

.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 14px 24px; margin-top: 24px; padding-top: 16px; border-top: 1px solid var(--line); font-size: 14px; }
.facts .wide { grid-column: 1 / -1; display: flex; gap: 12px; } .facts .wide + .wide { margin-top: -10px; }
.facts .wide dt { min-width: 90px; }
dt { color: var(--soft); } .facts dt { font-size: 13px; }
.path { font: 12.5px/1.6 var(--mono); color: var(--soft); overflow-wrap: anywhere; min-width: 0; }
nav { position: sticky; top: 0; z-index: 1; display: flex; gap: 20px; overflow-x: auto; background: var(--paper); padding: 12px 0; margin-top: 22px; border-bottom: 1px solid var(--line); font-size: 14px; white-space: nowrap; }
nav a { text-decoration: none; color: var(--soft); } nav a:hover { color: var(--ink); }
section { margin-top: 44px; }
h2 { font-size: 23px; letter-spacing: -.015em; line-height: 1.25; }
h2 + p { margin: 4px 0 16px; }
.lead { color: var(--soft); } .lead b { color: var(--ink); font-weight: 600; }
.note { color: var(--soft); font-size: 12.5px; }

.stage { display: grid; grid-template-columns: minmax(120px, 190px) 84px minmax(0, 1fr) minmax(220px, 300px); column-gap: 16px; }
.stage > * { padding: 9px 0; }
.stage + .stage > :not(.trunk) { border-top: 1px solid var(--line); }
.stage-name { min-width: 0; line-height: 1.35; }
.stage-name b { display: block; font-weight: 600; overflow-wrap: anywhere; }
.stage-name > span { display: block; font-size: 12px; color: var(--soft); overflow: hidden; text-overflow: ellipsis; display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; }
.branch { color: var(--faint); margin-right: 6px; }
.stage-count { text-align: right; line-height: 1.35; }
.stage-count b { display: block; font-weight: 600; } .stage-count span { font-size: 12px; color: var(--soft); display: block; }
.stage .trunk { width: 100%; height: calc(100% + 1px); margin-bottom: -1px; min-height: 40px; padding: 0; display: block; }
.stage.missing { color: var(--faint); }
.stage-loss { font-size: 13.5px; }
.stage-loss li { display: grid; grid-template-columns: minmax(0, 1fr) auto 52px; gap: 10px; line-height: 1.55; }
.stage-loss li b { font-weight: 600; } .stage-loss li span:last-child { color: var(--soft); text-align: right; }
.stage-loss .key { overflow-wrap: anywhere; }
.nothing { color: var(--faint); }

.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(116px, 1fr)); gap: 14px 12px; align-items: start; }
.tiles.is-small { grid-template-columns: repeat(auto-fill, minmax(92px, 1fr)); gap: 12px 10px; }
.tile { min-width: 0; } .tile.is-pair { grid-column: span 2; }
.pictures { display: flex; gap: 4px; align-items: center; aspect-ratio: 1; background: var(--card); border: 1px solid var(--line); border-radius: 6px; overflow: hidden; padding: 4px; }
.is-pair .pictures { aspect-ratio: auto; height: 104px; }
.pictures i { color: var(--faint); font-style: normal; }
.pictures img { display: block; flex: 1 1 0; min-width: 0; width: 100%; height: 100%; object-fit: contain; border-radius: 3px; }
.no-picture { flex: 1; text-align: center; font-size: 12px; color: var(--faint); }
.tile figcaption { margin-top: 5px; font-size: 12.5px; line-height: 1.35; }
.caption { overflow: hidden; overflow-wrap: anywhere; display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; }
.caption.is-empty { color: var(--faint); }
.meta { display: flex; flex-wrap: wrap; gap: 0 8px; color: var(--soft); font-size: 11.5px; margin-top: 1px; }
.value { color: var(--here-text); font-weight: 600; overflow-wrap: anywhere; }

.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 310px), 1fr)); gap: 22px 28px; margin-top: 20px; }
.charts.is-flowing { display: block; columns: 3 300px; column-gap: 28px; }
.is-flowing > * { break-inside: avoid; padding-bottom: 20px; } .is-flowing > .has-pictures { column-span: all; } .charts.is-alone { columns: auto; } .is-alone .lines { columns: 3 300px; column-gap: 28px; } .is-alone .lines li { break-inside: avoid; }
.charts.is-two { grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); }
.chart-figure { min-width: 0; }
.chart-figure figcaption { font-size: 13px; line-height: 1.4; margin-bottom: 6px; } .chart-figure figcaption b { font-weight: 600; } .chart-figure figcaption span { color: var(--soft); }
.chart { display: block; width: 100%; max-width: 470px; height: auto; }
.chart .axis { stroke: var(--faint); stroke-width: 1; } .chart .ground { fill: var(--card); }
.chart .tick { fill: var(--soft); font-size: 10.5px; } .chart .limit { stroke: var(--ink); stroke-width: 1.2; stroke-dasharray: 3 3; }
.chart .limit-label { fill: var(--ink); font-size: 11px; font-weight: 600; } .chart .beyond { fill: var(--here-soft); } .chart .hit { fill: transparent; }
.chart .curve { fill: none; stroke: var(--kept); stroke-width: 1.8; } .chart .curve.was { stroke: var(--here); } .chart .dot { fill: transparent; }
.chart g:hover .kept, .chart g:hover .here, .chart g:hover .other { opacity: .75; }
.bars { max-width: 460px; }
.bar-row { display: grid; grid-template-columns: minmax(0, 9.5em) minmax(40px, 1fr) auto; gap: 10px; align-items: center; font-size: 13px; line-height: 1.65; }
.bar-row.is-site { grid-template-columns: minmax(0, 11em) minmax(30px, 1fr) auto 3.6em 5.2em; } .bars:has(.is-site) { max-width: none; }
.bar-row.is-cause { grid-template-columns: minmax(0, 9.5em) minmax(40px, 1fr) auto 3.6em; }
.causes { margin-top: 20px; } .cause { max-width: 640px; padding: 4px 0 8px; font-size: 13px; line-height: 1.45; } .cause b { font-weight: 600; }
.bar-label { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.is-out .bar-label { color: var(--here-text); }
.bar { display: block; width: 100%; height: 11px; border-radius: 2px; }
.bar-count { text-align: right; } .bar-more { text-align: right; color: var(--soft); }

.rule { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 18px 20px 2px; margin-top: 16px; }
h3 { font-size: 17px; line-height: 1.3; } h3 small { margin-left: 4px; }
.reason { min-width: 0; } .reason.has-pictures { grid-column: 1 / -1; }
h4 { font-size: 13.5px; font-weight: 600; margin-bottom: 6px; } h4 b { margin-left: 4px; } h4 code { margin-left: 6px; }
.lines li { display: flex; gap: 12px; justify-content: space-between; align-items: baseline; font-size: 13px; line-height: 1.45; padding: 3px 0; border-top: 1px solid var(--line); }
.lines .caption { flex: 1; min-width: 0; } .lines .value { font-size: 12px; text-align: right; max-width: 45%; }
.lines .is-stacked { display: block; } .beside { display: block; font-size: 12px; color: var(--soft); overflow-wrap: anywhere; overflow: hidden; display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; }
.lines .url { flex: 1; min-width: 0; font: 11.5px/1.5 var(--mono); overflow-wrap: anywhere; }
.lines.is-wide { columns: 2 320px; column-gap: 32px; } .lines.is-wide li { break-inside: avoid; }
.withheld { font-size: 13px; color: var(--soft); font-style: italic; }
.rule details, .stage details { font-size: 13px; margin-top: 4px; }

.counters { display: grid; grid-template-columns: repeat(auto-fill, minmax(130px, 1fr)); gap: 8px 16px; margin-top: 18px; font-size: 13px; }
.lanes { margin: 8px 0 6px; }
.lane { display: grid; grid-template-columns: minmax(0, 230px) minmax(0, 1fr); gap: 16px; align-items: center; border-top: 1px solid var(--line); }
.lane-name { font-size: 13px; line-height: 1.35; padding: 6px 0; overflow-wrap: anywhere; }
.lane svg { display: block; width: 100%; height: 38px; overflow: visible; }
.lane .pause { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 3 3; vector-effect: non-scaling-stroke; }
.marks { display: flex; justify-content: space-between; font-size: 11.5px; color: var(--soft); padding-top: 4px; }
.scroll { overflow-x: auto; margin-top: 18px; }
table { border-collapse: collapse; font-size: 13.5px; min-width: 520px; width: 100%; }
th, td { text-align: right; padding: 5px 10px; border-top: 1px solid var(--line); font-weight: 400; white-space: nowrap; }
th:first-child { text-align: left; padding-left: 0; } thead th { color: var(--soft); border-top: 0; } tbody th { font-weight: 600; }
.options details { border-top: 1px solid var(--line); padding: 7px 0; } .options summary b { color: var(--ink); font-weight: 600; margin-right: 6px; }
.options h4 { margin: 10px 0 4px; } .option-list { display: grid; grid-template-columns: minmax(90px, auto) 1fr; gap: 2px 16px; font: 12.5px/1.6 var(--mono); }
.option-list dd { overflow-wrap: anywhere; min-width: 0; }
footer { margin-top: 56px; color: var(--faint); font-size: 12.5px; }

@media (max-width: 760px) {
  main { padding: 18px 16px 48px; }
  h1 { font-size: 27px; } .sum b { font-size: 34px; } .sum { font-size: 15px; } .sum i { display: none; } .sum > span { flex: 1 1 100%; }
  .stage { grid-template-columns: minmax(0, 1fr) auto; padding: 10px 0; border-top: 1px solid var(--line); }
  .stage > * { padding: 0; } .stage + .stage > :not(.trunk) { border-top: 0; }
  .stage .trunk { grid-column: 1 / -1; height: 26px; min-height: 0; margin: 6px 0; } .stage-loss { grid-column: 1 / -1; }
  .stage-name > span { -webkit-line-clamp: 1; }
  .tiles { grid-template-columns: repeat(auto-fill, minmax(98px, 1fr)); }
  .tiles.is-small { grid-template-columns: repeat(auto-fill, minmax(80px, 1fr)); }
  .rule { padding: 14px 14px 0; }
  .lane { grid-template-columns: 1fr; gap: 0; padding: 6px 0; } .lane.is-axis span:first-child:empty { display: none; }
  .bar-row.is-site { grid-template-columns: minmax(0, 8em) minmax(20px, 1fr) auto 3.4em; } .bar-row.is-site .bar-more:last-child { display: none; }
  .facts .wide { display: block; } .facts .wide + .wide { margin-top: 0; }
}
@media print { nav { display: none; } .rule { break-inside: avoid; } }
`
