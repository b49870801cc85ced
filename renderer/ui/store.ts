/**
 * View state of the window: what is open, where each plane stands, which tool is in the hand, what is marked, searched and
 * compared. Engine data is not here (TanStack Query holds it); geometry is derived where it is needed.
 */
import { create } from 'zustand';
import type { Granted } from '../../native/contract/bridge.ts';
import type { Filter, SimpleQuery } from '../../native/contract/engine.ts';
import type { Mark, Plane } from '../../native/contract/mark.ts';
import type { Hit, LesionRow, Measurements, VolumeRow } from '../../native/contract/model.ts';
import type { MeasureTool } from '../measure/kinds.ts';
import type { RegionTool } from '../query/marks.ts';
import type { Mask } from '../viewer/contours.ts';
import { clampIndex, gridOf, type Vec3, worldToIndex } from '../viewer/grid.ts';
import { type LayoutName, layoutNames } from '../viewer/layouts.ts';
import { gridCentre } from '../viewer/planes.ts';
import { type Window, windowPresets } from '../viewer/presets.ts';

export type Tool = 'crosshair' | 'window' | 'pan' | 'zoom' | 'brush' | RegionTool | MeasureTool;

/** Zoom relative to the whole slice fitting the pane; `centre` is the voxel index in its middle, null the slice's. */
export interface PaneState {
  readonly zoom: number;
  readonly centre: Vec3 | null;
}
type Panes = Readonly<Record<Plane, PaneState>>;
const wholeSlices: Panes = {
  axial: { zoom: 1, centre: null },
  coronal: { zoom: 1, centre: null },
  sagittal: { zoom: 1, centre: null },
};

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
  /** Distinguishes this query from every other in this window. */
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
type Dialog = 'help' | 'settings' | 'import' | 'evaluation' | null;

export interface ViewState {
  readonly row: VolumeRow | null;
  /** Continuous voxel index where the three planes meet; its rounding along each axis is that plane's slice. */
  readonly focus: Vec3;
  readonly panes: Panes;
  readonly window: Window;
  /** Greys inverted: dense is dark. */
  readonly inverted: boolean;
  readonly tool: Tool;
  readonly brush: { readonly radiusMm: number; readonly erase: boolean; readonly ball: boolean };
  readonly activePlane: Plane;
  readonly maximised: Plane | null;
  readonly layout: LayoutName;
  /** Where not null, planes show the highest value within this many mm around their slice. */
  readonly slabMm: number | null;
  /** Running through the slices of the active plane. */
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
  readonly compare: Hit | null;
  /** Whether the comparison says why. */
  readonly why: boolean;
  /** Which of them an undo takes back first. */
  readonly lastChange: 'mask' | 'mark' | 'annotation';
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
  panes: wholeSlices,
  window: windowPresets[0],
  inverted: false,
  tool: 'crosshair',
  brush: { radiusMm: 3, erase: false, ball: false },
  activePlane: 'axial',
  maximised: null,
  layout: layoutNames[0],
  slabMm: null,
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
  why: false,
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
function windowThatShows(window: Window, meanHu: number): Window {
  const shows = (one: Window) => Math.abs(meanHu - one.center) < 0.45 * one.width;
  if (shows(window)) return window;
  const preset = windowPresets.find(shows);
  return preset ? { width: preset.width, center: preset.center } : window;
}

/** Unsaved proposals of volumes that are not open now, by volume. */
const setAside = new Map<string, Proposal>();

/** Opens a volume in the three planes, centred on the lesion if one is given; an unsaved mark waits for its volume to return. */
export function openVolume(row: VolumeRow, lesion: LesionRow | null): void {
  const grid = gridOf(row);
  const focus = lesion ? clampIndex(worldToIndex(grid, lesion.centerMm), grid.dims) : gridCentre(grid);
  const widest = Math.max(...grid.dims.map((n, axis) => n * grid.spacing[axis]));
  const field = lesion ? Math.max(leastFieldMm, diametersShown * lesion.diameter3dMm) : widest;
  const zoom = Math.max(1, widest / field);
  const pane = { zoom, centre: zoom > 1 ? focus : null };
  const { proposal } = get();
  if (proposal && proposal.volume.id !== row.id) setAside.set(proposal.volume.id, proposal);
  const own = proposal?.volume.id === row.id ? proposal : (setAside.get(row.id) ?? null);
  setAside.delete(row.id);
  set({
    window: lesion ? windowThatShows(get().window, lesion.meanHu) : get().window,
    row,
    focus,
    lesion,
    compare: null,
    cine: false,
    panes: { axial: pane, coronal: pane, sagittal: pane },
    proposal: own,
    chosen: lesion || !own ? 'lesion' : 'proposal',
  });
}

export function setFocus(focus: Vec3): void {
  const { row } = get();
  if (row) set({ focus: clampIndex(focus, row.dims) });
}

export function setPane(plane: Plane, patch: Partial<PaneState>): void {
  set(({ panes }) => ({ panes: { ...panes, [plane]: { ...panes[plane], ...patch } } }));
}

export function resetPanes(): void {
  const { row, lesion } = get();
  set({ panes: wholeSlices });
  if (row && !lesion) set({ focus: gridCentre(gridOf(row)) });
}

export function selectTool(tool: Tool): void {
  set({ tool });
}

export function setWindow(window: Window): void {
  const width = Math.min(8000, Math.max(1, Math.round(window.width)));
  const center = Math.min(6000, Math.max(-2000, Math.round(window.center)));
  set({ window: { width, center } });
}

/** Changes the window by a drag of so many CSS pixels: to the right wider, down brighter. */
export function dragWindow([right, down]: readonly [number, number]): void {
  const { window } = get();
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

let nextToken = 1;

/** Starts a search. */
export function searchFor(subject: Omit<Subject, 'token'>): void {
  set({ compare: null, subject: { ...subject, token: nextToken++ } });
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
    plane: get().activePlane,
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
