// How all the small cards look; colours and sizes are those of Home Assistant.
import { barsStyle } from "../shared/sparkline.js";
import { clockStyle } from "../shared/clock.js";
import { gaugeStyle } from "../shared/gauge.js";

export const style = `
:host { display: block; container-type: inline-size; }
ha-card { height: 100%; }
.content { padding: 16px; display: flex; flex-direction: column; gap: 12px; }
[hidden] { display: none !important; }
.quiet { color: var(--secondary-text-color); }
.small { font-size: .875rem; }
.notice { padding: 8px 12px; border-radius: 8px; background: var(--secondary-background-color); }
.notice.bad { box-shadow: inset 4px 0 0 var(--error-color); }
.large { font-size: 2.25rem; font-weight: 500; line-height: 1.1; font-variant-numeric: tabular-nums; }
h2, h3 { margin: 0; font-weight: 500; font-size: 1rem; }
h3 { font-size: .875rem; color: var(--secondary-text-color); }
.line { display: flex; align-items: baseline; gap: 8px; }
.line > .name { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; unicode-bidi: isolate; }
.line > .value { font-variant-numeric: tabular-nums; white-space: nowrap; }
.row { display: grid; grid-template-columns: minmax(0, 1fr); gap: 4px; }
.rows { display: grid; grid-template-columns: minmax(0, 1fr); gap: 12px; list-style: none; margin: 0; padding: 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(120px, 1fr)); gap: 12px; }
.figure { display: grid; gap: 2px; min-width: 0; }
.figure > * { overflow-wrap: anywhere; } .figure > b { font-weight: 500; font-size: 1.125rem; font-variant-numeric: tabular-nums; }
.up { color: var(--error-color); } .down { color: var(--success-color); }
.beside { display: flex; flex-wrap: wrap; align-items: center; gap: 16px; }
.grow { flex: 1; min-width: 160px; }
.axis { display: flex; justify-content: space-between; color: var(--secondary-text-color); font-size: .75rem; }
.chips { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
button, a.button { font: inherit; font-size: .875rem; color: var(--primary-text-color); background: none; min-height: 36px;
  border: 1px solid var(--outline-color, var(--divider-color)); border-radius: 18px; padding: 0 14px; cursor: pointer; text-decoration: none; display: inline-flex; align-items: center; }
button[aria-pressed="true"] { background: var(--primary-color); border-color: var(--primary-color); color: var(--text-primary-color); }
button:disabled { opacity: .5; cursor: default; }
button:focus-visible, a:focus-visible { outline: 2px solid var(--primary-color); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { font-weight: 400; color: var(--secondary-text-color); font-size: .75rem; text-align: start; }
td { overflow-wrap: anywhere; } td, th { padding: 6px 0; border-bottom: 1px solid var(--divider-color); vertical-align: baseline; }
td.number, th.number { text-align: end; white-space: nowrap; overflow-wrap: normal; padding-inline-start: 12px; }
tr:last-child td { border-bottom: none; } tr.total td { font-weight: 500; border-top: 2px solid var(--divider-color); }
details > summary { cursor: pointer; min-height: 32px; display: list-item; }
.dot { display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin-inline-end: 6px; background: var(--disabled-color); }
.dot.on { background: var(--success-color); } .dot.off { background: var(--error-color); }
.alert { border-inline-start: 4px solid var(--info-color); padding: 4px 12px; display: grid; grid-template-columns: minmax(0, 1fr); gap: 6px; }
.alert.warning { border-color: var(--warning-color); } .alert.critical { border-color: var(--error-color); }
.alert p { margin: 0; overflow-wrap: anywhere; }
a.plain { color: inherit; text-decoration: none; display: grid; grid-template-columns: minmax(0, 1fr); gap: 4px; border-radius: 8px; padding: 4px; margin: -4px; }
a.plain:hover { background: var(--secondary-background-color); }
ol { margin: 0; padding-inline-start: 20px; display: grid; gap: 8px; }
${gaugeStyle}${barsStyle}${clockStyle}
`;
