"""The page's style sheet. Colours are chosen to be told apart by colour-blind readers too."""

STYLE = """
:root { color-scheme: light dark;
  --paper: #fbfaf7; --card: #ffffff; --ink: #22252b; --soft: #666c77; --rule: #e2dfd8;
  --mark: #a34a1f;
  --c0: #2f6fb3; --c1: #d9822b; --c2: #3f9a6d; --c3: #b8487a; --c4: #8268c0; --c5: #c9a51a;
  --c6: #3aa3b5; --c7: #8c5a3c; --c8: #6b8e23; --c9: #9aa0aa; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #16181d; --card: #1d2026; --ink: #e4e2dc; --soft: #9aa0ab; --rule: #32363f;
  --mark: #e89a6c;
  --c0: #6aa6e8; --c1: #eba35b; --c2: #62c294; --c3: #e07fab; --c4: #ab95e6; --c5: #e0c552;
  --c6: #66c6d6; --c7: #c08f70; --c8: #a3c552; --c9: #7a808a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 "Iowan Old Style", "Palatino Linotype", Palatino, Georgia, serif; }
main { max-width: 1040px; margin: 0 auto; padding: 48px 24px 96px; }
h1 { font-size: 2.3rem; line-height: 1.15; margin: 0 0 .3rem; letter-spacing: -.01em; }
h2 { font-size: 1.35rem; margin: 3.2rem 0 .6rem; padding-top: .8rem;
  border-top: 1px solid var(--rule); }
h3 { font-size: 1rem; margin: 1.6rem 0 .3rem; }
p { margin: .4rem 0; max-width: 46rem; }
.lede { font-size: 1.12rem; }
.small, .legend, table, svg text, nav, .tiles, .badge, .why, dt, summary .soft {
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
.small, .why, .soft { color: var(--soft); font-size: .84rem; }
nav { font-size: .84rem; margin: 1rem 0 0; }
nav a { color: var(--mark); margin-right: 1rem; text-decoration: none; }
nav a:hover { text-decoration: underline; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(104px, 1fr)); gap: 10px;
  margin: 1.6rem 0 0; }
.tile { background: var(--card); border: 1px solid var(--rule); border-radius: 8px;
  padding: 10px 14px; }
.tile b { display: block; font-size: 1.4rem; font-weight: 600;
  font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: .8rem; }
svg { display: block; width: 100%; height: auto; margin: .6rem 0; }
svg text { font-size: 11px; fill: var(--ink); }
svg .axis { fill: var(--soft); font-size: 10.5px; }
svg .on { fill: var(--paper); font-size: 11px; font-weight: 600; }
svg .lane { font-size: 12px; }
.grid { stroke: var(--rule); stroke-width: 1; }
.zero { stroke: var(--soft); stroke-width: 1; }
svg .empty { fill: var(--rule); fill-opacity: .45; }
.line { fill: none; stroke-width: 1.7; stroke-linejoin: round; }
.bad { fill-opacity: .45; stroke: var(--mark); stroke-dasharray: 2 2; }
.legend { font-size: .82rem; max-width: none; margin: .2rem 0 .4rem; }
.key { margin-right: 1.1rem; white-space: nowrap; }
.key i { display: inline-block; width: .75em; height: .75em; border-radius: 2px;
  margin-right: .4em; }
.many { display: grid; grid-template-columns: repeat(auto-fill, minmax(280px, 1fr)); gap: 14px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .86rem; margin: .6rem 0; min-width: 50%; }
th { text-align: left; font-weight: 600; color: var(--soft); }
th, td { padding: 4px 14px 4px 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.hour { display: grid; grid-template-columns: 7.2rem 1fr; gap: 0 1rem; margin: 1.3rem 0; }
.hour > b { color: var(--mark); font-size: 1.05rem; }
.hour ol { list-style: none; margin: 0; padding: 0; }
.hour li { padding: 2px 0; }
time { color: var(--soft); font-size: .82rem; font-variant-numeric: tabular-nums;
  margin-right: .7rem; font-family: system-ui, sans-serif; }
.badge { font-size: .74rem; color: var(--soft); border: 1px solid var(--rule);
  border-radius: 9px; padding: 0 .55em; margin-left: .5em; white-space: nowrap; }
.badge.warn { color: var(--mark); border-color: var(--mark); }
.talk { font-style: italic; }
.fall, .trouble, .notice { color: var(--mark); }
.decision { background: var(--card); border: 1px solid var(--rule); border-radius: 8px;
  padding: 12px 16px; margin: .8rem 0; }
.decision p { max-width: none; }
.bars td { padding: 3px 12px 3px 0; border-bottom: 0; }
.bars { width: 100%; table-layout: fixed; }
.columns { white-space: pre-wrap; font-family: ui-monospace, Menlo, Consolas, monospace; }
.bars td:first-child, .bars th:first-child { width: 40%; }
.bars .taken { font-weight: 600; }
.bar { display: inline-block; width: 64px; height: 8px; border-radius: 2px;
  background: var(--rule); margin-right: .5em; overflow: hidden; vertical-align: 1px; }
.bar i { display: block; height: 100%; background: var(--c9); }
.taken .bar i { background: var(--c0); }
details { border-bottom: 1px solid var(--rule); padding: .5rem 0; }
summary { cursor: pointer; }
summary b { margin-right: .6rem; }
dl { display: grid; grid-template-columns: 6rem 1fr; gap: .15rem 1rem; margin: .6rem 0; }
dt { color: var(--soft); font-size: .84rem; text-align: right; padding-top: .1rem; }
dd { margin: 0; }
footer { margin-top: 4rem; }
@media (max-width: 640px) { .hour { grid-template-columns: 1fr; } main { padding: 28px 14px; } }
@media print { details > * { display: block; } body { background: #fff; } }
""" + "".join(
    f".c{n} {{ fill: var(--c{n}); background: var(--c{n}); }} .l{n} {{ stroke: var(--c{n}); }}\n"
    for n in range(10)
)
