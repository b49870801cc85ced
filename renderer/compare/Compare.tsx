/**
 * Query and hit side by side: the same window, the same physical scale, and one scroll position, counted in mm from each
 * lesion's centre. Only the box around each lesion is loaded.
 */
import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { IconArrowLeft, IconChevronLeft, IconChevronRight, IconExternalLink } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { SimilarityGrid } from '../../native/contract/explain.ts';
import type { Hit, LesionRow, Measurements, VolumeRow } from '../../native/contract/model.ts';
import { similarityQuery } from '../query/explain.ts';
import { MarkButtons } from '../query/HitActions.tsx';
import { markOf } from '../query/hitMarks.ts';
import { DiagnosisText } from '../query/proofs.tsx';
import { shownHits } from '../query/results.ts';
import { scoreText, scoreTitles } from '../query/scores.ts';
import { useSearch } from '../query/useSearch.ts';
import { useHitGroups } from '../query/useShownHits.ts';
import { TakeAwayMenu } from '../takeaway/TakeAwayMenu.tsx';
import { colors } from '../ui/colors.ts';
import { Failure } from '../ui/Empty.tsx';
import { meanSd, minus, ml, mm, thickness } from '../ui/format.ts';
import { useIdentity } from '../ui/identity.ts';
import { byImportance } from '../ui/labels.ts';
import { SourceMarks } from '../ui/SourceMarks.tsx';
import { dragWindow, openVolume, type Subject, useView } from '../ui/store.ts';
import type { Mask } from '../viewer/contours.ts';
import { type Box, type Grid, gridOf, growBox, subGrid, type Vec3, worldToIndex } from '../viewer/grid.ts';
import { type Heat, strongestOf } from '../viewer/heat.ts';
import { lesionQuery, volumeQuery } from '../viewer/lesionMasks.ts';
import { useShownKey } from '../viewer/ownKeys.ts';
import { PlanePane } from '../viewer/PlanePane.tsx';
import { type PaneView, type PlaneGeometry, planeGeometry } from '../viewer/planes.ts';
import { useRenderPath } from '../viewer/renderPath.ts';
import { useOpenVoxels, useVoxels } from '../viewer/useVoxels.ts';
import type { Voxels } from '../viewer/voxels.ts';
import { type LinkedSide, sliceAtOffset, stepOffset } from './linkedScroll.ts';
import { WhyPanel } from './WhyPanel.tsx';

/** How much of the surroundings comes with a lesion, in mm. */
const surroundingsMm = 50;

interface Side extends LinkedSide {
  readonly row: VolumeRow;
  /** What is loaded of the volume; null where the three planes hold it whole. */
  readonly box: Box | null;
  /** Its first voxel, in indices of the volume. */
  readonly first: Vec3;
  readonly open: Voxels | null;
  readonly centre: Vec3;
  readonly outline: Mask | null;
}

/** Where both panes stand relative to their lesions: mm along the normal, mm on the screen, and the field of view. */
interface Linked {
  readonly offsetMm: number;
  readonly panMm: readonly [number, number];
  readonly fieldMm: number | null;
  /** How much further along the normal the hit stands, where slices that match were chosen. */
  readonly hitShiftMm: number;
}
const centred: Linked = { offsetMm: 0, panMm: [0, 0], fieldMm: null, hitShiftMm: 0 };

export function Compare({ hit: opened }: { hit: Hit }) {
  const subject = useView((s) => s.subject);
  const why = useView((s) => s.why);
  const keyOf = useShownKey();
  const { search } = useSearch();
  // Marks may have given it another rank and score since it was opened.
  const hit = search.data?.hits.find(({ lesion }) => lesion === opened.lesion) ?? opened;
  const [showMap, setShowMap] = useState(false);
  const map = useQuery({ ...similarityQuery(subject, hit.lesion, search.data), enabled: why && showMap });
  const path = useRenderPath();
  const [linked, setLinked] = useState<{ hit: string; at: Linked }>({ hit: hit.lesion, at: centred });
  const at = linked.hit === hit.lesion ? linked.at : { ...centred, fieldMm: linked.at.fieldMm };
  const setAt = (next: Linked) => setLinked({ hit: hit.lesion, at: next });

  const hitLesion = useQuery(lesionQuery(hit.lesion));
  const hitVolume = useQuery(volumeQuery(hit.volume));
  const queryLesion = useQuery(lesionQuery(subject?.lesion?.id ?? null));
  const queryVolume = useQuery(volumeQuery(subject?.volume ?? null));

  const open = useOpenVoxels((s) => s.voxels);
  const left = useSide(
    queryVolume.data?.volume,
    subject?.measurements ?? undefined,
    subject?.mask ?? queryLesion.data?.mask ?? null,
    open,
  );
  const right = useSide(hitVolume.data?.volume, hit, hitLesion.data?.mask ?? null, open);
  const sides = [left, right].flatMap((side) => (side ? [side] : []));
  const fieldMm =
    at.fieldMm ?? Math.max(50, 3 * Math.max(subject?.measurements?.diameterMm ?? 0, hit.diameterMm));

  const shown = shownHits(useHitGroups(search.data));
  const hits = shown.map((one) => one.hit);
  // A pinned one of an earlier search has a rank and a score of that search.
  const foreign = shown.some((one) => !one.found && one.hit.lesion === hit.lesion);
  const name = foreign ? 'Pinned lesion' : `Hit ${hit.rank}`;
  const place = hits.findIndex((other) => other.lesion === hit.lesion);
  // Words have no picture: the hit is shown alone.
  const byWords = subject?.volume === null;
  const failure = hitVolume.error ?? queryVolume.error ?? hitLesion.error;
  const pane = { at, setAt, fieldMm, sides, cpu: path === 'cpu' };
  const shownMap = why && showMap ? map.data : undefined;
  const strongest = shownMap && strongestOf([shownMap.query, shownMap.hit]);
  const jump = (pair: { readonly query: number; readonly hit: number }) => {
    if (!left || !right) return;
    const offsetMm = offsetOf(left, pair.query);
    setAt({ ...at, offsetMm, hitShiftMm: offsetOf(right, pair.hit) - offsetMm });
  };
  return (
    <section className="compare" data-testid="compare-view" aria-label="Query and hit side by side">
      <header className="compare-head">
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          leftSection={<IconArrowLeft size={13} />}
          onClick={() => useView.setState({ compare: null })}
        >
          Back <kbd>Esc</kbd>
        </Button>
        <span className="compare-title">
          {foreign ? name : `${name} of ${search.data?.hits.length ?? 0}`}
          {byWords || foreign || !search.data
            ? ''
            : ` · ${scoreTitles[search.data.scores].toLowerCase()} ${scoreText(hit.score, search.data.scores)}`}
        </span>
        <span className="compare-offset" data-testid="compare-offset" data-offset-mm={at.offsetMm}>
          {minus(Number(at.offsetMm.toFixed(1)))} mm from the centres
          {at.hitShiftMm !== 0 && `, the hit ${minus(Number(at.hitShiftMm.toFixed(1)))} mm further`}
        </span>
        <span className="spacer" />
        <MarkButtons hit={hit} mark={subject ? markOf(subject.marks, hit.lesion) : null} />
        {!byWords && (
          <Button
            size="compact-xs"
            variant={why ? 'filled' : 'default'}
            aria-pressed={why}
            data-testid="why-toggle"
            onClick={() => useView.setState({ why: !why })}
          >
            Why
          </Button>
        )}
        <Tooltip label={`Previous hit (${keyOf('previousHit')})`}>
          <ActionIcon
            size="sm"
            variant="default"
            aria-label="Previous hit"
            disabled={place <= 0}
            onClick={() => stepHit(hits, -1)}
          >
            <IconChevronLeft size={14} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={`Next hit (${keyOf('nextHit')})`}>
          <ActionIcon
            size="sm"
            variant="default"
            aria-label="Next hit"
            disabled={place >= hits.length - 1}
            onClick={() => stepHit(hits, 1)}
          >
            <IconChevronRight size={14} />
          </ActionIcon>
        </Tooltip>
        <TakeAwayMenu />
        {hitVolume.data && (
          <Tooltip label="Leave the comparison and open the hit's study in three planes">
            <Button
              size="compact-xs"
              variant="default"
              leftSection={<IconExternalLink size={12} />}
              onClick={() => openVolume(hitVolume.data.volume, hitLesion.data?.lesion ?? null)}
            >
              Open whole study
            </Button>
          </Tooltip>
        )}
      </header>
      <div className="compare-panes" data-single={byWords || undefined}>
        {failure ? (
          <Failure error={failure} />
        ) : (
          <>
            {!byWords && (
              <ComparePane
                {...pane}
                side={left}
                heat={heatOf(shownMap?.query, left, strongest)}
                shiftMm={0}
                testId="compare-query"
                title="Query"
                color={colors.query}
                patient={queryVolume.data?.volume.patient ?? ''}
              />
            )}
            <ComparePane
              {...pane}
              side={right}
              heat={heatOf(shownMap?.hit, right, strongest)}
              shiftMm={at.hitShiftMm}
              testId="compare-hit"
              title={name}
              color={colors.hit}
              patient={hit.patient}
            />
          </>
        )}
      </div>
      {why && !byWords && (
        <WhyPanel
          hit={hit}
          jump={jump}
          map={{
            shown: showMap,
            show: setShowMap,
            loading: map.isFetching,
            error: map.error,
            data: map.data,
          }}
        />
      )}
      {subject && !(why && !byWords) && (
        <CompareTable
          subject={subject}
          queryVolume={queryVolume.data?.volume}
          hit={hit}
          name={name}
          hitLesion={hitLesion.data?.lesion}
          hitVolume={hitVolume.data?.volume}
        />
      )}
    </section>
  );
}

/** Opens the hit `steps` places further down the strip, or the first where marks have moved the open one out of it. */
export function stepHit(hits: readonly Hit[], steps: number): void {
  const { compare } = useView.getState();
  const place = hits.findIndex((hit) => hit.lesion === compare?.lesion);
  const next = place < 0 ? hits[0] : hits[place + steps];
  if (compare && next) useView.setState({ compare: next });
}

function useSide(
  row: VolumeRow | undefined,
  lesion: Pick<Measurements, 'boxIjk' | 'centerMm'> | undefined,
  mask: Mask | null,
  openVoxels: Voxels | null,
): Side | null {
  const open = openVoxels && openVoxels.volume === row?.id ? openVoxels : null;
  return useMemo(() => {
    if (!row || !lesion) return null;
    const whole = gridOf(row);
    const box = open ? null : growBox(lesion.boxIjk, surroundingsMm, whole);
    const first: Vec3 = box ? [box[0], box[1], box[2]] : [0, 0, 0];
    const grid = box ? subGrid(whole, box) : whole;
    const geometry = planeGeometry(grid, 'axial');
    const centre = worldToIndex(grid, lesion.centerMm);
    return {
      row,
      box,
      first,
      open,
      grid,
      geometry,
      centre,
      centreIndex: centre[geometry.normal],
      outline: mask && shifted(mask, first),
    };
  }, [row, lesion, mask, open]);
}

/** How far from the lesion's centre a side ends, in mm, where it has no slice at the wanted offset; null where it has. */
function endOf({ grid, geometry, centreIndex }: Side, slice: number, offsetMm: number): number | null {
  const spacing = grid.spacing[geometry.normal];
  const shown = (slice - centreIndex) * spacing * geometry.normalSign;
  return Math.abs(shown - offsetMm) > spacing ? shown : null;
}

/** The offset in mm of a stored slice from a side's centre. */
function offsetOf({ grid, geometry, centreIndex, first }: Side, slice: number): number {
  const index = slice - first[geometry.normal];
  return (index - centreIndex) * grid.spacing[geometry.normal] * geometry.normalSign;
}

/** A map over what is loaded of a side. */
function heatOf(cells: SimilarityGrid | undefined, side: Side | null, strongest = 0): Heat | null {
  if (!cells || cells.volume !== side?.row.id) return null;
  const [i, j, k] = side.first;
  const b = cells.box;
  return {
    ...cells,
    box: [b[0] - i, b[1] - j, b[2] - k, b[3] - i, b[4] - j, b[5] - k],
    strongest,
  };
}

/** The mask in indices of what is loaded. */
function shifted(mask: Mask, [i, j, k]: Vec3): Mask {
  const b = mask.box;
  return { box: [b[0] - i, b[1] - j, b[2] - k, b[3] - i, b[4] - j, b[5] - k], bits: mask.bits };
}

interface PaneProps {
  readonly side: Side | null;
  readonly heat: Heat | null;
  readonly shiftMm: number;
  readonly sides: readonly Side[];
  readonly at: Linked;
  readonly setAt: (next: Linked) => void;
  readonly fieldMm: number;
  readonly cpu: boolean;
  readonly testId: 'compare-query' | 'compare-hit';
  readonly title: string;
  readonly color: string;
  readonly patient: string;
}

function ComparePane(props: PaneProps) {
  const { side, heat, shiftMm, sides, at, setAt, fieldMm, cpu, testId, title, color, patient } = props;
  const identity = useIdentity();
  const window = useView((s) => s.window);
  const inverted = useView((s) => s.inverted);
  const outlines = useView((s) => s.outlines);
  const own = useVoxels(
    side && !side.open ? side.row : null,
    side?.box ?? null,
    side ? Math.round(side.centre[2]) + side.first[2] : 0,
  );
  const voxels = side?.open ?? own;
  const offsetMm = at.offsetMm + shiftMm;
  const slice = side ? sliceAtOffset(side.grid, side.geometry, side.centreIndex, offsetMm) : 0;
  const ended = side ? endOf(side, slice, offsetMm) : null;
  const drawn = useMemo(
    () => (side?.outline && outlines ? [{ id: testId, mask: side.outline, color, width: 1.6 }] : []),
    [side, outlines, testId, color],
  );
  const here = voxels && side && voxels.volume === side.row.id ? voxels : null;
  return (
    <PlanePane
      id={testId}
      testId={testId}
      label={`${title}, axial`}
      voxels={here}
      geometry={side?.geometry ?? null}
      slice={slice}
      sliceOffset={side ? side.first[side.geometry.normal] : 0}
      centre={side && panned(side.centre, at.panMm, side.grid, side.geometry)}
      scale={{ fieldMm }}
      window={window}
      inverted={inverted}
      cpu={cpu}
      cursor="default"
      active={false}
      outlines={drawn}
      heat={heat}
      crosshair={null}
      stroke={null}
      brush={null}
      onScroll={(steps) => setAt({ ...at, offsetMm: stepOffset(at.offsetMm, -steps, sides) })}
      onMove={(next) => {
        if (side) setAt({ ...at, panMm: panOf(next, side), fieldMm: Math.min(...next.size) / next.pxPerMm });
      }}
      primary="window"
      onWindow={dragWindow}
    >
      <div className="pane-text top-left">
        <b style={{ color }}>{title}</b>
        <br />
        {identity.patient(patient)}
        <br />
        <span className="dim">{identity.text(side?.row.description)}</span>
        {side?.box && (
          <span className="dim">
            {identity.text(side.row.description) ? ' · ' : ''}
            {surroundingsMm / 10} cm around the lesion
          </span>
        )}
        {ended !== null && (
          <div className="pane-end" data-testid="compare-end">
            Ends here, {minus(Math.round(ended))} mm from the centre
          </div>
        )}
      </div>
      <div className="pane-text top-right">
        {side
          ? `${slice + side.first[side.geometry.normal] + 1} / ${side.row.dims[side.geometry.normal]}`
          : ''}
      </div>
      <div className="pane-text bottom-right">
        {side && <SourceMarks source={side.row} warnings={side.row.warnings} />}W {window.width} C{' '}
        {minus(window.center)}
      </div>
      {here?.failure && <div className="pane-failure">{here.failure}</div>}
    </PlanePane>
  );
}

function panned(centre: Vec3, panMm: readonly [number, number], grid: Grid, g: PlaneGeometry): Vec3 {
  const out: [number, number, number] = [centre[0], centre[1], centre[2]];
  out[g.right] += (panMm[0] / grid.spacing[g.right]) * g.rightSign;
  out[g.down] += (panMm[1] / grid.spacing[g.down]) * g.downSign;
  return out;
}

function panOf(view: PaneView, side: Side): [number, number] {
  const { right, down, rightSign, downSign } = side.geometry;
  return [
    (view.centre[right] - side.centre[right]) * side.grid.spacing[right] * rightSign,
    (view.centre[down] - side.centre[down]) * side.grid.spacing[down] * downSign,
  ];
}

function CompareTable(props: {
  subject: Subject;
  queryVolume: VolumeRow | undefined;
  hit: Hit;
  name: string;
  hitLesion: LesionRow | undefined;
  hitVolume: VolumeRow | undefined;
}) {
  const { subject, queryVolume, hit, name, hitLesion, hitVolume } = props;
  const q = subject.measurements;
  const queryLabels = subject.lesion?.labels ?? {};
  const names = byImportance([...new Set([...Object.keys(queryLabels), ...Object.keys(hit.labels)])]);
  const slices = (row: VolumeRow | undefined) =>
    row ? thickness(row.sliceThicknessMm ?? row.spacingMm[2]) : '–';
  const rows: readonly (readonly [string, string, string])[] = [
    ['Volume', q ? ml(q.volumeMl) : '–', ml(hit.volumeMl)],
    ['Diameter', q ? mm(q.diameterMm) : '–', mm(hit.diameterMm)],
    [
      'Mean ± SD',
      q ? meanSd(q.meanHu, q.sdHu) : '–',
      hitLesion ? meanSd(hitLesion.meanHu, hitLesion.sdHu) : `${minus(Math.round(hit.meanHu))} HU`,
    ],
    ['Slices', slices(queryVolume), slices(hitVolume)],
    ['Kernel', queryVolume?.kernel ?? '–', hit.kernel ?? '–'],
    ['Contrast', queryVolume?.contrast ?? '–', hit.contrast ?? '–'],
    ...names.map((label) => [label, queryLabels[label] ?? '–', hit.labels[label] ?? '–'] as const),
  ];
  return (
    <div className="compare-table-box">
      <table className="compare-table">
        <thead>
          <tr>
            <th aria-label="What" />
            {q && <th style={{ color: colors.query }}>Query · {subject.title}</th>}
            <th style={{ color: colors.hit }}>
              {name} · {hit.name}
            </th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">Diagnosis</th>
            {q && (
              <td>
                <DiagnosisText diagnosis={subject.lesion?.diagnosis} />
              </td>
            )}
            <td>
              <DiagnosisText diagnosis={hit.diagnosis} />
            </td>
          </tr>
          {rows.map(([title, query, other]) => (
            <tr key={title}>
              <th scope="row">{title}</th>
              {q && <td>{query}</td>}
              <td className={query === other && query !== '–' ? 'same' : undefined}>{other}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
