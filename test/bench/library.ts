/**
 * A library of 100,000 lesions: what a window of its list costs the engine, beside the barest SQL for as many rows, and how
 * evenly the table scrolls in the real window, beside a library of 1,000 and an empty box. `npm run bench:library`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../native/catalog/database.ts';
import { editLesions } from '../../native/engine/editLesions.ts';
import { listLesions } from '../../native/engine/lesionLists.ts';
import { Library } from '../../native/engine/library.ts';
import { undoChange } from '../../native/engine/undoChange.ts';
import { resolveRuntime } from '../../tools/runtime/resolve.mjs';
import { startDisplay } from '../../tools/test/display.mjs';
import { launchApp } from '../e2e/support/app.ts';
import { bigLibrary } from '../support/bigCatalog.ts';

const many = Number(process.argv[2] ?? 100_000);
const few = 1000;
const rounds = 9;
const frames = 180;
const rowsAFrame = 5;

const folder = await mkdtemp(join(tmpdir(), 'precedent-bench-'));
const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const at = (values: readonly number[], part: number) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(part * values.length))];
const cell = (text: string | number, width = 9) => String(text).padStart(width);

/** The first run builds what is kept as long as the library stays as it is; the median of the others is what a scroll costs. */
function timed(run: (round: number) => unknown): { first: number; again: number } {
  const times = Array.from({ length: rounds }, (_, round) => {
    const started = performance.now();
    run(round);
    return performance.now() - started;
  });
  return { first: times[0], again: median(times.slice(1)) };
}

async function queries(root: string): Promise<void> {
  const bare = openDatabase(join(root, 'catalog.sqlite'));
  const rows = (order: string, offset: number) =>
    bare.prepare(`SELECT * FROM lesion ORDER BY ${order} LIMIT 100 OFFSET ?`).all(offset);
  const barest = {
    page: timed((round) => rows('id', (many / 2 + 100 * round) % many)),
    sorted: timed((round) => rows('diameterMm DESC', (many / 2 + 100 * round) % many)),
  };
  bare.close();
  const library = await Library.open(root, false);
  while (library.captions.refreshSome());
  const started = performance.now();
  library.gallery();
  console.log(`fields of all lesions, read once: ${(performance.now() - started).toFixed(0)} ms`);
  const all = {
    where: [],
    text: '',
    patient: undefined,
    order: undefined,
    limit: 100,
    fields: ['organ', 'date'],
  };
  const page = (round: number) => (many / 2 + 100 * round) % many;
  const cases: readonly (readonly [string, (round: number) => unknown, number | null])[] = [
    ['100 rows in the middle', (n) => listLesions(library, { ...all, offset: page(n) }), barest.page.again],
    [
      '… sorted by size',
      (n) => listLesions(library, { ...all, order: { by: 'diameterMm', descending: true }, offset: page(n) }),
      barest.sorted.again,
    ],
    [
      '… sorted by a label',
      (n) =>
        listLesions(library, { ...all, order: { by: 'malignancy', descending: false }, offset: page(n) }),
      barest.sorted.again,
    ],
    [
      '… filtered, with words',
      (n) =>
        listLesions(library, {
          ...all,
          text: 'cyst liver',
          where: [{ field: 'diameterMm', value: '20..60' }],
          offset: 10 * n,
        }),
      barest.sorted.again,
    ],
  ];
  console.log(
    `\n${many.toLocaleString('en')} lesions${cell('first ms', 22)}${cell('then ms')}${cell('bare SQL')}${cell('ratio')}`,
  );
  for (const [name, run, beside] of cases) {
    const { first, again } = timed(run);
    const ratio = beside === null ? '' : (again / beside).toFixed(2);
    console.log(
      `${name.padEnd(26)}${cell(first.toFixed(1), 12)}${cell(again.toFixed(1))}${cell(beside?.toFixed(1) ?? '')}${cell(ratio)}`,
    );
  }
  const ids = library.reads.lesions({ offset: 100, limit: 20 }).rows.map(({ id }) => id);
  const edits = timed((round) =>
    editLesions(library, ids, [{ name: 'malignancy', value: String(10 + round) }]),
  );
  console.log(`a label of 20 lesions set: ${edits.again.toFixed(1)} ms; taken back: `, end());
  function end(): string {
    const { change } = editLesions(library, ids, [{ name: 'malignancy', value: 'x' }]);
    const from = performance.now();
    undoChange(library, change?.id ?? '');
    return `${(performance.now() - from).toFixed(1)} ms`;
  }
  await library.close();
}

/** Runs in the page: scrolls a box by so many pixels a frame; times between frames, and how many rows in sight were not here yet. */
const scroll = (box: string, pixels: number) => `new Promise((done) => {
  const box = ${box};
  const times = [];
  let [waiting, drawn, before] = [0, 0, performance.now()];
  const step = (now) => {
    times.push(now - before);
    before = now;
    for (const row of box.querySelectorAll('[data-testid=table-row]')) {
      drawn++;
      if (row.ariaBusy === 'true') waiting++;
    }
    box.scrollTop += ${pixels};
    if (times.length < ${frames}) requestAnimationFrame(step);
    else done({ times: times.slice(10), waiting: waiting / Math.max(1, drawn) });
  };
  requestAnimationFrame(step);
})`;
const emptyBox = `(() => {
  const box = document.createElement('div');
  box.style.cssText = 'position:fixed;inset:100px;overflow:auto;z-index:9999;background:#123';
  box.append(Object.assign(document.createElement('div'), { style: 'height:1000000px' }));
  document.body.append(box);
  return box;
})()`;

/** What `scroll` found. */
interface Scrolled {
  readonly times: number[];
  readonly waiting: number;
}

async function scrolled(library: string): Promise<{ table: Scrolled; bare: Scrolled }> {
  const { page, app, close } = await launchApp({ library });
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setSize(1600, 980));
  await page.getByTestId('lesion-row').first().waitFor({ timeout: 120_000 });
  await page.keyboard.press('Control+b');
  await page.locator('[data-testid=table-row][aria-busy=false]').first().waitFor({ timeout: 60_000 });
  const table = `document.querySelector('[data-testid=lesion-table]')`;
  const found = {
    table: (await page.evaluate(scroll(table, 34 * rowsAFrame))) as Scrolled,
    bare: (await page.evaluate(scroll(emptyBox, 34 * rowsAFrame))) as Scrolled,
  };
  await close();
  return found;
}

try {
  const [large, small] = [join(folder, 'large'), join(folder, 'small')];
  const started = performance.now();
  await bigLibrary(large, many);
  console.log(
    `made ${many.toLocaleString('en')} lesions: ${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
  await bigLibrary(small, few);
  await queries(large);
  process.env.PRECEDENT_ELECTRON = (await resolveRuntime()).path;
  const display = await startDisplay();
  if (display) process.env.DISPLAY = display.display;
  const results = [
    [many, await scrolled(large)],
    [few, await scrolled(small)],
  ] as const;
  console.log(
    `\nscrolling ${rowsAFrame} rows a frame${cell('median ms', 14)}${cell('p95 ms')}${cell('rows awaited', 14)}`,
  );
  for (const [count, { table, bare }] of results) {
    for (const [name, { times, waiting }] of [
      [`${count.toLocaleString('en')} lesions`, table],
      ['an empty box', bare],
    ] as const)
      console.log(
        `${name.padEnd(28)}${cell(median(times).toFixed(1), 12)}${cell(at(times, 0.95).toFixed(1))}${cell(`${(100 * waiting).toFixed(0)} %`, 14)}`,
      );
  }
  const [[, a], [, b]] = results;
  console.log(
    `median frame of ${many.toLocaleString('en')} beside ${few.toLocaleString('en')}: × ${(median(a.table.times) / median(b.table.times)).toFixed(2)}`,
  );
  display?.stop();
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
