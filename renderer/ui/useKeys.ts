/** The one listener for keys: looks the press up in the table and does what its action names. */
import { useEffect } from 'react';
import { close, nextLayoutBeside, stepBeside, toggleBeside } from '../compare/actions.ts';
import { changeFlickerRate, holdHit, stopFlicker, toggleFlicker, useFlicker } from '../compare/flicker.ts';
import { nextPlane, resetShown, scrollLinked, toggleScale } from '../compare/linked.ts';
import { goBack } from '../compare/returnTo.ts';
import { toggleKeyImage } from '../keyImages/keyImages.ts';
import { useDeletion } from '../library/deletion/deletion.ts';
import { redoLabels, undoLabels } from '../library/edits.ts';
import { openPage } from '../library/page/pageState.ts';
import { lockNow } from '../lock/session.ts';
import {
  redoAnnotation,
  removeSelected,
  select,
  undoAnnotation,
  useMeasurements,
} from '../measure/annotations.ts';
import { measureTool } from '../measure/kinds.ts';
import { columnsHere, toggleColumns } from '../query/columns/columnsStore.ts';
import { findOrSay } from '../query/findOrSay.ts';
import { markHit, undoMark } from '../query/marking.ts';
import { hidePatient, toggleLayout, togglePin } from '../query/results.ts';
import { currentHits } from '../query/useShownHits.ts';
import { saveComparison } from '../takeaway/takeAway.ts';
import { setAutoWindow } from '../viewer/autoWindow.ts';
import { changeCineSpeed } from '../viewer/cine.tsx';
import { chooseLayout } from '../viewer/hang.ts';
import { type Action, actionOf } from '../viewer/keys.ts';
import { nextLayout } from '../viewer/layouts.ts';
import { pressMagnifier, stepMagnifier } from '../viewer/magnifier.ts';
import { useOwnKeys } from '../viewer/ownKeys.ts';
import { alignOnLesions, stepSlab, toggleSlab } from '../viewer/paneActions.ts';
import { windowPresets } from '../viewer/presets.ts';
import { scrollPane, scrollToEnd } from '../viewer/scroll.ts';
import { openHitsWindow, toggleHitsWindow } from '../windows/hitsWindow.ts';
import { findInFirst, goToWords } from '../windows/share.ts';
import { isHitsPage, useWindows } from '../windows/state.ts';
import { assertNever } from './assertNever.ts';
import {
  covering,
  openPane,
  redoEdit,
  selectTool,
  setLinked,
  setWindow,
  undoEdit,
  useView,
} from './store.ts';

export function useKeys(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey) return;
      const press = { key: event.key, mod: event.ctrlKey || event.metaKey, shift: event.shiftKey };
      const action = actionOf(press, useOwnKeys.getState().bindings);
      if (!action) return;
      // Whoever leaves the room locks it wherever they are.
      if (isTyping(event.target) && action.do !== 'lock') return;
      const { dialog } = useView.getState();
      const open = useDeletion.getState().asked || (dialog && action.do !== 'help');
      if (open && action.do !== 'lock') return;
      if (isOperating(event.target, event.key)) return;
      event.preventDefault();
      if (event.repeat && action.do === 'magnifier') return;
      perform(action);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target.isContentEditable;
}

/** Arrow and page keys and Enter belong to the control that has the focus, where that is not a picture. */
function isOperating(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (key === 'Enter') return target !== document.body && !target.closest('.pane');
  if (!/^(Arrow|Page|Home|End)/.test(key)) return false;
  return target !== document.body && !target.closest('.pane, .hits, .lesion-row');
}

function perform(action: Action): void {
  const shared = useView.getState();
  const apart = useWindows.getState().apart;
  const state = { ...shared, compare: covering(shared) };
  /** Nothing acts on planes that are covered. */
  const planes = !state.compare && !columnsHere();
  switch (action.do) {
    case 'preset': {
      const preset = windowPresets.find(({ name }) => name === action.preset);
      if (preset) setWindow(preset);
      return;
    }
    case 'crosshair':
    case 'window':
    case 'pan':
    case 'zoom':
    case 'ellipse':
    case 'rectangle':
    case 'freehand':
    case 'sphere':
      if (state.row && planes) selectTool(action.do);
      return;
    case 'measure':
      if (state.row && planes) selectTool(measureTool(action.kind));
      return;
    case 'removeMeasurement':
      if (planes) removeSelected();
      return;
    case 'brush':
      if (state.proposal && planes) selectTool('brush');
      return;
    case 'autoWindow':
      setAutoWindow();
      return;
    case 'reset':
      resetShown();
      return;
    case 'outlines':
      useView.setState({ outlines: !state.outlines });
      return;
    case 'invert':
      useView.setState({ inverted: !state.inverted });
      return;
    case 'cornerText':
      useView.setState({ cornerText: !state.cornerText });
      return;
    case 'hideIdentity':
      useView.setState({ identityHidden: !state.identityHidden });
      return;
    case 'cine':
      if (state.row && planes) useView.setState({ cine: !state.cine });
      return;
    case 'cineFaster':
    case 'cineSlower':
      if (state.compare) changeFlickerRate(action.do === 'cineFaster' ? 1 : -1);
      else changeCineSpeed(action.do === 'cineFaster' ? 1 : -1);
      return;
    case 'enlarge':
      if (planes) useView.setState({ maximised: !state.maximised });
      return;
    case 'layout':
      if (state.compare) nextLayoutBeside();
      else if (planes) chooseLayout(nextLayout(state.layout));
      return;
    case 'openPane':
      if (planes) openPane(state.activePane);
      return;
    case 'link':
      setLinked(!state.linked);
      return;
    case 'alignLesions':
      void alignOnLesions();
      return;
    case 'referenceLines':
      useView.setState({ referenceLines: !state.referenceLines });
      return;
    case 'seriesStrip':
      useView.setState({ seriesStrip: !state.seriesStrip });
      return;
    case 'slab':
      if (planes) toggleSlab();
      return;
    case 'slabThicker':
    case 'slabThinner':
      if (planes) stepSlab(action.do === 'slabThicker' ? 1 : -1);
      return;
    case 'find':
      if (isHitsPage()) findInFirst();
      else findOrSay();
      return;
    case 'words':
      if (apart && !isHitsPage()) {
        openHitsWindow();
        goToWords();
      } else document.getElementById('query-words')?.focus();
      return;
    case 'library':
      openPage('lesions');
      return;
    case 'nextHit':
    case 'previousHit':
      stepBeside(action.do === 'nextHit' ? 1 : -1);
      return;
    case 'markLike':
    case 'markUnlike': {
      const hit = shared.compare?.active ?? focusedHit();
      if (hit !== undefined) markHit(hit, action.do === 'markLike');
      return;
    }
    case 'pinHit':
    case 'hidePatient': {
      const lesion = shared.compare?.active ?? focusedHit();
      const hit = currentHits().find((shown) => shown.hit.lesion === lesion)?.hit;
      if (hit && action.do === 'pinHit') togglePin(hit);
      else if (hit) hidePatient(hit.patient);
      return;
    }
    case 'layoutHits':
      toggleLayout();
      return;
    case 'hitsWindow':
      toggleHitsWindow();
      return;
    case 'surface':
      if (!shared.compare) stepBeside(1);
      useView.setState({ surface: !shared.compare || !shared.surface });
      return;
    case 'methodColumns':
      toggleColumns();
      return;
    case 'takeAway':
      void saveComparison('pdf');
      return;
    case 'back':
      if (state.compare && useFlicker.getState().on) stopFlicker();
      else if (state.compare) close();
      else if (columnsHere()) toggleColumns();
      else if (state.cine) useView.setState({ cine: false });
      else if (state.maximised) useView.setState({ maximised: false });
      else if (goBack()) return;
      else if (state.tool !== 'crosshair') selectTool('crosshair');
      else if (useMeasurements.getState().selected) select(null);
      return;
    case 'beside': {
      const lesion = focusedHit() ?? state.compare?.active;
      const hit = currentHits().find((shown) => shown.hit.lesion === lesion)?.hit;
      if (hit) toggleBeside(hit);
      return;
    }
    case 'comparePlane':
      if (state.compare) nextPlane();
      return;
    case 'compareScale':
      if (state.compare) toggleScale();
      return;
    case 'flicker':
      if (state.compare && state.subject?.measurements) toggleFlicker();
      return;
    case 'flickerHold':
      if (state.compare && state.subject?.measurements) holdHit();
      return;
    case 'keyImage':
      if (planes) toggleKeyImage();
      return;
    case 'tags':
      if (state.row && planes) useView.setState({ dialog: 'tags' });
      return;
    case 'magnifier':
      pressMagnifier();
      return;
    case 'magnifyMore':
    case 'magnifyLess':
      stepMagnifier(action.do === 'magnifyMore' ? 1 : -1);
      return;
    case 'undo':
      if (state.lastChange === 'label' && undoLabels()) return;
      if (state.lastChange === 'annotation' && planes && undoAnnotation()) return;
      if (state.lastChange === 'mark' || !state.proposal?.past.length) undoMark();
      else undoEdit();
      return;
    case 'redo':
      if (state.lastChange === 'label' && redoLabels()) return;
      if (state.lastChange === 'annotation' && planes && redoAnnotation()) return;
      redoEdit();
      return;
    case 'sliceForward':
    case 'sliceBack':
      if (state.compare) scrollLinked(action.do === 'sliceForward' ? 1 : -1);
      else if (planes) scrollPane(state.activePane, action.do === 'sliceForward' ? 1 : -1);
      return;
    case 'firstSlice':
    case 'lastSlice':
      if (state.compare)
        scrollLinked(action.do === 'lastSlice' ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER);
      else if (planes) scrollToEnd(state.activePane, action.do === 'lastSlice');
      return;
    case 'brushSmaller':
    case 'brushLarger': {
      const by = action.do === 'brushLarger' ? 0.5 : -0.5;
      const radiusMm = Math.min(20, Math.max(0.5, state.brush.radiusMm + by));
      useView.setState({ brush: { ...state.brush, radiusMm } });
      return;
    }
    case 'lock':
      lockNow();
      return;
    case 'help':
      useView.setState({ dialog: state.dialog === 'help' ? null : 'help' });
      return;
    default:
      assertNever(action);
  }
}

/** The hit whose card has the focus. */
function focusedHit(): string | undefined {
  const card = document.activeElement?.closest('.hit-box')?.querySelector('.hit-card');
  return card instanceof HTMLElement ? card.dataset.lesion : undefined;
}
