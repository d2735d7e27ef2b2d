export const style = `
:host { display: block; --low: var(--success-color, #0b8043); --middle: var(--primary-color, #0288d1); --high: var(--warning-color, #f57c00);
  --over: var(--error-color, #d32f2f); --quiet: var(--secondary-text-color, #5f6368); --edge: var(--divider-color, #dadce0);
  --ground: var(--secondary-background-color, #f1f3f4); }
ha-card { display: block; container-type: inline-size; padding: 16px; color: var(--primary-text-color, #202124); box-sizing: border-box;
  background: var(--ha-card-background, var(--card-background-color, #fff)); border-radius: var(--ha-card-border-radius, 12px); overflow: hidden; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
h2 { margin: 0; font-size: 1.25rem; font-weight: 500; overflow-wrap: anywhere; flex: 1; min-width: min(5rem, 100%); line-height: 1.3; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; margin-bottom: 12px; }
.total { font-size: 1.25rem; font-weight: 500; font-variant-numeric: tabular-nums; white-space: nowrap; }
.tools { display: flex; gap: 4px; }
button { font: inherit; color: inherit; background: none; border: 0; cursor: pointer; border-radius: 8px; }
button:focus-visible, select:focus-visible, input:focus-visible { outline: 3px solid var(--primary-color, #0288d1); outline-offset: 1px; }
.tool { min-width: 40px; min-height: 40px; padding: 0 10px; border: 1px solid var(--edge); font-weight: 500; }
.tool:not(.main-act):hover { background: var(--ground); }
.tool.main-act { background: var(--primary-text-color, #202124); color: var(--card-background-color, #fff); border-color: transparent; }
.tool svg { width: 20px; height: 20px; fill: currentColor; vertical-align: middle; }
.state, .note { padding: 8px 12px; border-radius: 8px; background: var(--ground); margin: 0 0 12px; line-height: 1.4; overflow-wrap: anywhere; }
.state { border-inline-start: 4px solid var(--over); }
.state[data-kind=quiet] { border-color: var(--edge); color: var(--primary-text-color, #202124); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.mains { margin-bottom: 12px; }
.main { display: block; width: 100%; padding: 4px; text-align: start; }
.main:hover { background: var(--ground); }
.row { display: grid; grid-template-columns: minmax(56px, auto) 1fr auto 4.2ch; gap: 10px; align-items: center; padding: 3px 0; }
.phases { padding: 4px 4px 0; }
.caption { font-size: .85rem; color: var(--quiet); padding: 2px 0; }
.label { display: flex; gap: 6px; max-width: 30cqw; align-items: center; min-width: 0; }
.label bdi { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.row .value { min-width: 7.5ch; text-align: end; }
.value { font-variant-numeric: tabular-nums; white-space: nowrap; font-weight: 500; }
.share { font-variant-numeric: tabular-nums; color: var(--quiet); font-size: .85em; white-space: nowrap; text-align: end; }
.bar { display: block; height: 6px; border-radius: 3px; background: color-mix(in srgb, var(--quiet) 22%, transparent); overflow: hidden; }
.row .bar { height: 8px; border-radius: 4px; }
.fill { display: block; height: 100%; background: var(--level, var(--low)); transform: scaleX(0); transform-origin: left; transition: transform .4s; }
:dir(rtl) .fill { transform-origin: right; }
[data-level=middle] { --level: var(--middle); } [data-level=high] { --level: var(--high); } [data-level=over] { --level: var(--over); }
[data-level=none] { --level: var(--quiet); } [data-level=low], [data-level=back] { --level: var(--low); }
.board { list-style: none; margin: 0; padding: 10px; display: grid; gap: 6px; border-radius: 10px; border: 1px solid var(--edge);
  background: color-mix(in srgb, var(--ground) 60%, transparent); }
.board[data-layout=columns] { grid-template-columns: repeat(2, minmax(0, 1fr)); grid-auto-rows: minmax(62px, auto); column-gap: 14px; }
.board[data-layout=rail] { grid-template-columns: repeat(auto-fill, minmax(84px, 1fr)); row-gap: 12px; }
.slot { min-width: 0; display: flex; }
.breaker { display: flex; flex-direction: column; gap: 4px; width: 100%; min-width: 0; padding: 7px 9px; text-align: start; border: 1px solid var(--edge);
  border-inline-start: 4px solid var(--level, var(--edge)); background: var(--ha-card-background, var(--card-background-color, #fff)); }
.breaker:hover { border-color: var(--level, var(--quiet)); }
[data-level=over] .breaker { background: color-mix(in srgb, var(--over) 12%, var(--ha-card-background, var(--card-background-color, #fff))); }
.head { display: flex; align-items: center; gap: 6px; font-size: .75rem; color: var(--quiet); min-height: 18px; }
.number { font-variant-numeric: tabular-nums; }
.name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 100%; line-height: 1.3; }
.line { display: flex; align-items: baseline; justify-content: space-between; gap: 6px; margin-top: auto; flex-wrap: wrap; }
.board[data-layout=rail] .name { white-space: normal; display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; overflow-wrap: anywhere; min-height: 2.6em; }
.blank { display: flex; align-items: center; justify-content: center; border: 1px dashed var(--edge); border-radius: 8px; color: var(--quiet); font-size: .75rem; min-height: 44px; opacity: .7; }
.phase { display: inline-flex; gap: 2px; margin-inline-start: auto; }
.label .phase { margin: 0; }
.wire { font-size: .6875rem; line-height: 1; padding: 3px 5px; border-radius: 4px; color: #fff; background: var(--wire); border: 1px solid #80868b; font-weight: 600; }
.L1 { --wire: #6d4124; } .L2 { --wire: #000; } .L3 { --wire: #5f6368; }
[data-split] .L1 { --wire: #000; } [data-split] .L2 { --wire: #b3261e; }
.badge { min-width: 18px; height: 18px; border-radius: 9px; padding: 0 5px; font-size: .75rem; line-height: 18px; text-align: center; font-weight: 700; color: #fff; background: #b3261e; }
.phase + .badge { margin: 0; } .badge { margin-inline-start: auto; }
.badge[data-severity=warning] { background: #9a4b00; } .badge[data-severity=info] { background: #1a5fb4; }
.rest { display: flex; justify-content: space-between; padding: 12px 4px 0; gap: 12px; }
.offline .board .breaker { border-inline-start-color: var(--edge); }
.offline .line, .offline .bar { opacity: .55; }
dialog { width: min(560px, calc(100vw - 24px)); max-height: calc(100vh - 24px); border: 1px solid var(--edge); border-radius: 16px; padding: 20px; color: inherit;
  background: var(--ha-card-background, var(--card-background-color, #fff)); }
dialog::backdrop { background: rgb(0 0 0 / .5); }
dialog header { flex-wrap: nowrap; align-items: start; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 6px 16px; margin: 12px 0; } dt { color: var(--quiet); } dd { margin: 0; text-align: end; font-variant-numeric: tabular-nums; }
.chart { display: block; width: 100%; height: 140px; overflow: visible; } .chart path { fill: none; stroke: var(--primary-color, #0288d1); stroke-width: 2; vector-effect: non-scaling-stroke; }
.chart line { stroke: var(--edge); vector-effect: non-scaling-stroke; }
.times { display: flex; justify-content: space-between; font-size: .75rem; color: var(--quiet); }
.editing .breaker { cursor: grab; touch-action: none; } .editing .breaker[aria-pressed=true] { outline: 3px solid var(--primary-color, #0288d1); }
.editing .blank { opacity: 1; } .slot.target, .blank.target { background: color-mix(in srgb, var(--primary-color, #0288d1) 25%, transparent); border-radius: 8px; }
.dragged { opacity: .4; }
.fields { display: grid; grid-template-columns: repeat(auto-fit, minmax(110px, 1fr)); gap: 10px; margin: 12px 0; border: 0; padding: 0; min-width: 0; }
legend { font-weight: 500; padding: 0; margin-bottom: 6px; overflow-wrap: anywhere; }
.fields label { display: flex; flex-direction: column; gap: 4px; font-size: .85rem; }
input, select { font: inherit; color: inherit; background: var(--ha-card-background, var(--card-background-color, #fff)); border: 1px solid #80868b; border-radius: 8px; padding: 8px; min-height: 40px; width: 100%; }
.acts { display: flex; gap: 8px; justify-content: flex-end; margin-top: 8px; }
@container (min-width: 640px) { .board[data-layout=rail] { grid-template-columns: repeat(auto-fill, minmax(112px, 1fr)); }
  .board[data-layout=columns] { column-gap: 28px; } .total { font-size: 1.75rem; } }
@media (prefers-reduced-motion: reduce) { .fill { transition: none; } }
`;
