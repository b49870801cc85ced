/**
 * View state of the window: what is open, what each pane shows, which tool is in the hand, what is marked, searched and
 * compared. Engine data is not here (TanStack Query holds it); geometry is derived where it is needed.
 */
import { create } from 'zustand';
import type { Granted } from '../../native/contract/bridge.ts';
import type { Filter, SimpleQuery } from '../../native/contract/engine.ts';
import type { Mark, Plane } from '../../native/contract/mark.ts';
import type { LesionRow, Measurements, VolumeRow } from '../../native/contract/model.ts';
import type { Comparison } from '../compare/comparison.ts';
import type { MeasureTool } from '../measure/kinds.ts';
import type { RegionTool } from '../query/marks.ts';
import type { Mask } from '../viewer/contours.ts';
import { clampIndex, gridOf, type Vec3, worldToIndex } from '../viewer/grid.ts';
import { deliveredRules, hungPanes } from '../viewer/hanging.ts';
import { type LayoutName, layoutNames } from '../viewer/layouts.ts';
import {
  type BesideById,
  carried,
  linkedTo,
  mapped,
  openWorldFor,
  rebased,
  type Stand,
  worldOf,
} from '../viewer/linking.ts';
import { gridCentre } from '../viewer/planes.ts';
import { type Window, windowPresets } from '../viewer/presets.ts';
import { isHitsPage, useWindows } from '../windows/state.ts';

export type Tool = 'crosshair' | 'window' | 'pan' | 'zoom' | 'brush' | 'part' | RegionTool | MeasureTool;

/** One place on the stage: a plane of the open volume, or of one beside it. */
export interface Pane {
  /** The id of `row` or of one of `beside`. */
  readonly volume: string;
  readonly plane: Plane;
  /** Relative to the whole slice fitting the pane; `centre` is the voxel index in its middle, null the slice's. */
  readonly zoom: number;
  readonly centre: Vec3 | null;
  /** Where not null, the pane shows the highest value within this many mm around its slice. */
  readonly slabMm: number | null;
  /** A window of its own, or null for the one that panes share. */
  readonly window: Window | null;
}
const wholeSlice = { zoom: 1, centre: null } as const;

/** A lesion in the making: what was drawn, what the engine made of it, and every correction since. */
export interface Proposal {
  readonly volume: VolumeRow;
  readonly mark: Mark;
  readonly proposed: Mask;
  readonly mask: Mask;
  readonly measurements: Measurements | null;
  readonly notes: readonly string[];
  readonly past: readonly Mask[];
  readonly future: readonly Mask[];
}

/** What is searched for, with what the panels and the comparison show of it. */
export interface Subject {
  /** Distinguishes this query from every other. */
  readonly token: number;
  readonly query: SimpleQuery;
  readonly title: string;
  /** In which it was being looked at; cards show hits in it. */
  readonly plane: Plane;
  /** Nothing for words, which lie nowhere. */
  readonly volume: string | null;
  readonly mask: Mask | null;
  readonly measurements: Measurements | null;
  readonly lesion: LesionRow | null;
  /** What else is searched for, or is not wanted. */
  readonly also: readonly Term[];
  readonly combine: 'and' | 'or';
  /** In the order in which they were made; of a hit the last counts. */
  readonly marks: readonly HitMark[];
}

/** A lesion that a search is to be like too, or unlike. */
export interface Term {
  readonly like: boolean;
  readonly lesion: string;
  readonly patient: string;
  readonly title: string;
}
export interface HitMark {
  readonly hit: string;
  /** Null where an earlier mark was taken back. */
  readonly relevant: boolean | null;
}

export interface SearchOptions {
  /** Null lets the engine choose. */
  readonly method: string | null;
  readonly where: readonly Filter[];
  readonly includeSamePatient: boolean;
  readonly hitsPerPatient: number;
  readonly top: number;
}

export type LibraryTab = 'patients' | 'studies' | 'lesions' | 'reports';
export type ImportTab = 'new' | 'jobs' | 'conflicts' | 'watch';
type Dialog = 'help' | 'settings' | 'import' | 'evaluation' | 'tags' | 'library' | 'tour' | null;

export interface ViewState {
  /** The open volume: what is marked, measured and searched for lies in it. */
  readonly row: VolumeRow | null;
  /** Continuous voxel index where its planes meet; its rounding along each axis is that plane's slice. */
  readonly focus: Vec3;
  /** Volumes of the same patient that panes show as well, and where they stand. */
  readonly beside: BesideById;
  /** As many as the layout has, at least one of them of the open volume; none while nothing is open. */
  readonly panes: readonly Pane[];
  /** The place of the pane that keys act on. */
  readonly activePane: number;
  /** The active pane alone. */
  readonly maximised: boolean;
  readonly layout: LayoutName;
  /** The rule by which the panes were hung; null until the patient's series are known. */
  readonly hanging: string | null;
  /** Layouts that the user chose, by the rule that had hung what was open. */
  readonly chosenLayouts: Readonly<Record<string, LayoutName>>;
  /** Whether what stands side by side moves together. */
  readonly linked: boolean;
  /** Whether panes show where the others cut them. */
  readonly referenceLines: boolean;
  readonly seriesStrip: boolean;
  /** Shared by the panes that have none of their own, and by the comparison. */
  readonly window: Window;
  /** Greys inverted: dense is dark. */
  readonly inverted: boolean;
  readonly tool: Tool;
  readonly brush: { readonly radiusMm: number; readonly erase: boolean; readonly ball: boolean };
  /** Running through the slices of the active pane. */
  readonly cine: boolean;
  readonly cornerText: boolean;
  /** For teaching: patients have numbers in place of their identities. */
  readonly identityHidden: boolean;
  readonly outlines: boolean;
  readonly lesion: LesionRow | null;
  readonly proposal: Proposal | null;
  /** Which of the two the details show and Find similar takes, where both exist. */
  readonly chosen: 'lesion' | 'proposal';
  readonly subject: Subject | null;
  readonly options: SearchOptions;
  /** What stands in the query box. */
  readonly words: string;
  /** The hits that stand beside the query. */
  readonly compare: Comparison | null;
  /** Whether the comparison shows surfaces in the place of slices. */
  readonly surface: boolean;
  /** Which of them an undo takes back first. */
  readonly lastChange: 'mask' | 'mark' | 'annotation' | 'label';
  readonly tab: LibraryTab;
  readonly libraryText: string;
  readonly libraryWhere: readonly Filter[];
  readonly libraryPatient: string | null;
  readonly dialog: Dialog;
  readonly importTab: ImportTab;
  readonly sources: readonly Granted[];
  /** Chosen by the user where WebGL is missing or misbehaves. */
  readonly cpuRendering: boolean;
}

export const useView = create<ViewState>(() => ({
  row: null,
  focus: [0, 0, 0],
  beside: {},
  panes: [],
  activePane: 0,
  maximised: false,
  layout: layoutNames[0],
  hanging: null,
  chosenLayouts: {},
  linked: true,
  referenceLines: true,
  seriesStrip: true,
  window: windowPresets[0],
  inverted: false,
  tool: 'crosshair',
  brush: { radiusMm: 3, erase: false, ball: false },
  cine: false,
  cornerText: true,
  identityHidden: false,
  outlines: true,
  lesion: null,
  proposal: null,
  chosen: 'lesion',
  subject: null,
  options: { method: null, where: [], includeSamePatient: false, hitsPerPatient: 1, top: 10 },
  words: '',
  compare: null,
  surface: false,
  lastChange: 'mask',
  tab: 'lesions',
  libraryText: '',
  libraryWhere: [],
  libraryPatient: null,
  dialog: null,
  importTab: 'new',
  sources: [],
  cpuRendering: false,
}));

const set = useView.setState;
const get = useView.getState;

/** The least field of view around a lesion, and how many diameters of it are shown at least, in mm. */
const leastFieldMm = 140;
const diametersShown = 6;

/** The window as it is, unless the lesion would be all black or all white in it: then the first preset that shows it. */
export function windowThatShows(window: Window, meanHu: number): Window {
  const shows = (one: Window) => Math.abs(meanHu - one.center) < 0.45 * one.width;
  if (shows(window)) return window;
  const preset = windowPresets.find(shows);
  return preset ? { width: preset.width, center: preset.center } : window;
}

/** The comparison that covers this window's planes; one in the other window covers none. */
export function covering({ compare }: Pick<ViewState, 'compare'>): Comparison | null {
  return useWindows.getState().apart && !isHitsPage() ? null : compare;
}

/** What stays of the comparison where the planes are to be seen: nothing, unless it stands in the other window. */
export function comparisonElsewhere(): Comparison | null {
  return useWindows.getState().apart ? get().compare : null;
}

/** Unsaved proposals of volumes that are not open now, by volume. */
const setAside = new Map<string, Proposal>();

/**
 * Opens a volume, centred on the lesion if one is given; an unsaved mark waits for its volume to return. Of the same patient
 * it takes the panes of the volume that was open, unless panes show it already; of another one everything is hung anew.
 */
export function openVolume(row: VolumeRow, lesion: LesionRow | null): void {
  const grid = gridOf(row);
  const before = get();
  const standing = before.beside[row.id];
  const focus = lesion
    ? clampIndex(worldToIndex(grid, lesion.centerMm), grid.dims)
    : standing
      ? clampIndex(standing.at, grid.dims)
      : gridCentre(grid);
  const widest = Math.max(...grid.dims.map((n, axis) => n * grid.spacing[axis]));
  const field = lesion ? Math.max(leastFieldMm, diametersShown * lesion.diameter3dMm) : widest;
  const zoom = Math.max(1, widest / field);
  const view = { zoom, centre: zoom > 1 ? focus : null };
  const { proposal } = before;
  if (proposal && proposal.volume.id !== row.id) setAside.set(proposal.volume.id, proposal);
  const own = proposal?.volume.id === row.id ? proposal : (setAside.get(row.id) ?? null);
  setAside.delete(row.id);
  set({
    window: lesion ? windowThatShows(before.window, lesion.meanHu) : before.window,
    row,
    focus,
    lesion,
    compare: comparisonElsewhere(),
    cine: false,
    ...(before.row?.patient === row.patient
      ? takingOver(before, before.row, row, focus)
      : freshlyHung(before, row)),
    proposal: own,
    chosen: lesion || !own ? 'lesion' : 'proposal',
  });
  if (lesion || !standing)
    set(({ panes }) => ({
      panes: panes.map((pane) => (pane.volume === row.id ? { ...pane, ...view } : pane)),
    }));
}

/** Marks on volumes that are gone for good have nothing to wait for. */
export function forgetSetAside(volumes: readonly string[]): void {
  for (const volume of volumes) setAside.delete(volume);
}

type Stage = Pick<ViewState, 'beside' | 'panes' | 'activePane' | 'maximised' | 'hanging'>;

/** The planes of a volume of which nothing else of the patient is known yet. */
function freshlyHung({ layout }: ViewState, row: VolumeRow): Stage {
  const panes = hungPanes(layout, row, [], deliveredRules[deliveredRules.length - 1]).map(
    ({ plane, window, slabMm }): Pane => ({ ...wholeSlice, volume: row.id, plane, window, slabMm }),
  );
  return { beside: {}, panes, activePane: 0, maximised: false, hanging: null };
}

/** The volume in the place of the one that was open, of the same patient. */
function takingOver(state: ViewState, old: VolumeRow, row: VolumeRow, focus: Vec3): Partial<Stage> {
  const { beside, panes, activePane, linked } = state;
  const standing = beside[row.id];
  const open = { row, at: focus };
  const follow = (all: BesideById) => (linked ? carried(all, worldOf(open)) : all);
  if (row.id === old.id) return { beside: follow(beside) };
  if (standing) {
    const shown = panes[activePane].volume === row.id;
    return {
      beside: follow(rebased(beside, { row: old, at: state.focus }, standing)),
      activePane: shown ? activePane : panes.findIndex((pane) => pane.volume === row.id),
    };
  }
  return {
    beside: mapped(beside, (one) => (linked ? linkedTo(open, one) : one)),
    panes: panes.map((pane) => (pane.volume === old.id ? { ...pane, ...wholeSlice, volume: row.id } : pane)),
  };
}

/** Makes what a pane shows the open volume; panes stay as they are. */
export function openPane(place: number): void {
  const { panes, beside } = get();
  const standing = beside[panes[place]?.volume ?? ''];
  if (!standing) return;
  set({ activePane: place });
  openVolume(standing.row, null);
}

/** Where a pane's volume stands, as a voxel index inside of it; null without such a pane. */
export function standOf(
  state: Pick<ViewState, 'row' | 'focus' | 'beside' | 'panes'>,
  place: number,
): Stand | null {
  const { row, focus, beside, panes } = state;
  const pane = panes[place];
  if (!row || !pane) return null;
  if (pane.volume === row.id) return { row, at: focus };
  const other = beside[pane.volume];
  return other ? { row: other.row, at: clampIndex(other.at, other.row.dims) } : null;
}

export function setFocus(focus: Vec3): void {
  const { row, beside, linked } = get();
  if (!row) return;
  const at = clampIndex(focus, row.dims);
  set({ focus: at, beside: linked ? carried(beside, worldOf({ row, at })) : beside });
}

/** Moves a pane's volume to a voxel index, and what is linked to it along. */
export function setStand(place: number, index: Vec3): void {
  const { row, beside, panes, linked } = get();
  const one = beside[panes[place]?.volume ?? ''];
  if (!row || !one) {
    setFocus(index);
    return;
  }
  const at = clampIndex(index, one.row.dims);
  const alone = { ...beside, [one.row.id]: { ...one, at } };
  if (!linked) {
    set({ beside: alone });
    return;
  }
  const world = openWorldFor(one, at);
  set({
    focus: clampIndex(worldToIndex(gridOf(row), world), row.dims),
    beside: { ...carried(beside, world), [one.row.id]: { ...one, at } },
  });
}

/** From now on together, by position or at the distance they have now, or each alone. */
export function setLinked(linked: boolean): void {
  const { row, focus, beside } = get();
  if (linked && row) set({ beside: mapped(beside, (one) => linkedTo({ row, at: focus }, one)) });
  set({ linked });
}

/** Takes volumes beside the open one to their own indices, which they keep from now on as the distance to it. */
export function alignBeside(at: ReadonlyMap<string, Vec3>): void {
  const { row, focus, beside } = get();
  if (!row) return;
  const open = { row, at: focus };
  set({
    beside: mapped(beside, (one) => linkedTo(open, { ...one, at: at.get(one.row.id) ?? one.at })),
  });
}

export function setPane(place: number, patch: Partial<Omit<Pane, 'volume'>>): void {
  set(({ panes }) => ({ panes: panes.map((pane, n) => (n === place ? { ...pane, ...patch } : pane)) }));
}

/** The place of a pane that shows the open volume in a plane; where there is none, one of the open volume is turned to it. */
export function paneFor(plane: Plane): number {
  const { row, panes, activePane, maximised } = get();
  const ofOpen = (pane: Pane | undefined) => pane !== undefined && pane.volume === row?.id;
  const fits = (pane: Pane | undefined) => ofOpen(pane) && pane?.plane === plane;
  const active = panes[activePane];
  if (fits(active)) return activePane;
  const place = panes.findIndex(fits);
  if (place >= 0) return place;
  const turned = ofOpen(active) || maximised ? activePane : panes.findIndex(ofOpen);
  if (turned >= 0) setPane(turned, { plane, centre: null });
  return turned;
}

export function resetPanes(): void {
  const { row, lesion, panes } = get();
  set({ panes: panes.map((pane) => ({ ...pane, ...wholeSlice })) });
  if (row && !lesion) setFocus(gridCentre(gridOf(row)));
}

export function activePlane({ panes, activePane }: ViewState): Plane {
  return panes[activePane]?.plane ?? 'axial';
}

/** The window that keys and the toolbar show and set: that of the active pane. */
export function activeWindow(state: ViewState): Window {
  const { window, panes, activePane } = state;
  return (covering(state) ? null : panes[activePane]?.window) ?? window;
}

export function selectTool(tool: Tool): void {
  set({ tool });
}

/** Of the active pane alone where it has a window of its own, or where it shows another volume and moves alone. */
export function setWindow(window: Window): void {
  const width = Math.min(8000, Math.max(1, Math.round(window.width)));
  const center = Math.min(6000, Math.max(-2000, Math.round(window.center)));
  const state = get();
  const { panes, activePane, row, linked } = state;
  const pane = panes[activePane];
  const alone = pane && (pane.window !== null || (!linked && pane.volume !== row?.id));
  if (alone && !covering(state)) setPane(activePane, { window: { width, center } });
  else set({ window: { width, center } });
}

/** Changes the window by a drag of so many CSS pixels: to the right wider, down brighter. */
export function dragWindow([right, down]: readonly [number, number]): void {
  const window = activeWindow(get());
  const gain = Math.max(1, window.width / 300);
  setWindow({ width: window.width + right * gain, center: window.center + down * gain });
}

/** Replaces the proposal's mask and remembers the one before; its measurements follow from the engine. */
export function editProposal(mask: Mask | null): void {
  const { proposal } = get();
  if (!proposal || !mask || mask === proposal.mask) return;
  set({
    chosen: 'proposal',
    lastChange: 'mask',
    proposal: {
      ...proposal,
      mask,
      measurements: null,
      past: [...proposal.past.slice(-49), proposal.mask],
      future: [],
    },
  });
}

export function undoEdit(): void {
  const { proposal } = get();
  const mask = proposal?.past.at(-1);
  if (!proposal || !mask) return;
  set({
    proposal: {
      ...proposal,
      mask,
      measurements: null,
      past: proposal.past.slice(0, -1),
      future: [proposal.mask, ...proposal.future],
    },
  });
}

export function redoEdit(): void {
  const { proposal } = get();
  const mask = proposal?.future[0];
  if (!proposal || !mask) return;
  set({
    proposal: {
      ...proposal,
      mask,
      measurements: null,
      past: [...proposal.past, proposal.mask],
      future: proposal.future.slice(1),
    },
  });
}

/** The proposal, where it is what the details show. */
export function chosenProposal(state: Pick<ViewState, 'proposal' | 'lesion' | 'chosen'>): Proposal | null {
  return state.chosen === 'proposal' || !state.lesion ? state.proposal : null;
}

/** An unsaved mark of an earlier start: shown if its volume is open without one, else it waits for it. */
export function bringBackProposal(proposal: Proposal): void {
  const { row, proposal: now } = get();
  if (row?.id !== proposal.volume.id) setAside.set(proposal.volume.id, proposal);
  else if (!now) set({ proposal, chosen: 'proposal' });
}

/** At random: neither window may give a number that the other gave, nor one of before its page was loaded again. */
function newToken(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}

/** Starts a search. */
export function searchFor(subject: Omit<Subject, 'token'>): void {
  set({ compare: null, subject: { ...subject, token: newToken() } });
}

/** What every search begins with. */
const unmarked = { also: [], combine: 'and', marks: [] } as const;

/** Starts a search for the marked mask, or else for the selected lesion; false when there is neither. */
export function findSimilar(): boolean {
  const { lesion } = get();
  const proposal = chosenProposal(get());
  if (proposal?.measurements) {
    const { volume, mask, measurements } = proposal;
    searchFor({
      ...unmarked,
      query: { volume: volume.id, mask: { box: [...mask.box], bits: mask.bits } },
      title: 'Marked lesion',
      plane: proposal.mark.plane,
      volume: volume.id,
      mask,
      measurements,
      lesion: null,
    });
    return true;
  }
  if (lesion && !proposal) {
    findLike(lesion);
    return true;
  }
  return false;
}

/** Starts a search for a lesion of the library. */
export function findLike(lesion: LesionRow): void {
  searchFor({
    ...unmarked,
    query: { lesion: lesion.id },
    title: lesion.name,
    plane: activePlane(get()),
    volume: lesion.volume,
    mask: null,
    measurements: lesion,
    lesion,
  });
}

export function setSearchOptions(patch: Partial<SearchOptions>): void {
  set(({ options }) => ({ options: { ...options, ...patch } }));
}

/**
 * Starts a search by words. Without any, a search that runs goes on under its filters; else every lesion that passes them is
 * shown.
 */
export function findByWords(words: string): void {
  const { subject } = get();
  if (words === '' && subject && subject.volume !== null) return;
  searchFor({
    ...unmarked,
    query: { text: words || ' ' },
    title: words || 'all that pass',
    plane: 'axial',
    volume: null,
    mask: null,
    measurements: null,
    lesion: null,
  });
}
