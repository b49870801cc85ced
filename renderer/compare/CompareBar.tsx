/** The head of the comparison: what is compared, how it is looked at, and what can be done with the active hit. */
import { ActionIcon, Button, Menu, SegmentedControl, Tooltip, VisuallyHidden } from '@mantine/core';
import {
  IconArrowLeft,
  IconChevronLeft,
  IconChevronRight,
  IconExternalLink,
  IconPlayerPause,
  IconPlayerPlay,
  IconRulerMeasure,
  IconStack2,
  IconZoomScan,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { planes } from '../../native/contract/mark.ts';
import type { Hit } from '../../native/contract/model.ts';
import { MarkButtons } from '../query/HitActions.tsx';
import { markOf } from '../query/hitMarks.ts';
import { shownHits } from '../query/results.ts';
import { useSearch } from '../query/useSearch.ts';
import { useHitGroups } from '../query/useShownHits.ts';
import { SurfaceButton } from '../surface/SurfaceButton.tsx';
import { TakeAwayMenu } from '../takeaway/TakeAwayMenu.tsx';
import { minus } from '../ui/format.ts';
import { useView } from '../ui/store.ts';
import { lesionQuery, volumeQuery } from '../viewer/lesionMasks.ts';
import { useShownKey } from '../viewer/ownKeys.ts';
import { chooseLayout, close, stepBeside } from './actions.ts';
import { stepped } from './comparison.ts';
import { runFlicker, toggleFlicker, turnsPerSecond, useFlicker } from './flicker.ts';
import { compareLayoutNames, compareLayouts } from './layouts.ts';
import { toggleScale, useLinked } from './linked.ts';
import { openWholeStudy } from './returnTo.ts';
import { useSetup } from './setup.ts';

interface CompareBarProps {
  readonly hit: Hit;
  /** What the active hit is called. */
  readonly name: string;
  /** What is said of it beside its name. */
  readonly said: string;
  /** Whether there is a query to compare with: words have no picture. */
  readonly pictured: boolean;
}

export function CompareBar({ hit, name, said, pictured }: CompareBarProps) {
  const subject = useView((s) => s.subject);
  return (
    <header className="compare-head">
      <Button
        size="compact-xs"
        variant="subtle"
        color="gray"
        leftSection={<IconArrowLeft size={13} />}
        onClick={close}
      >
        Back <kbd>Esc</kbd>
      </Button>
      <span className="compare-title">
        {name}
        {said}
      </span>
      <Offset hit={hit} />
      <span className="spacer" />
      <MarkButtons hit={hit} mark={subject ? markOf(subject.marks, hit.lesion) : null} />
      <span className="compare-group">
        <PlaneControl />
        <LayoutMenu />
        <ScaleButton />
        {pictured && <FlickerButtons />}
        <SurfaceButton />
      </span>
      <StepButtons />
      <TakeAwayMenu />
      <StudyButton hit={hit} name={name} />
    </header>
  );
}

function StepButtons() {
  const keyOf = useShownKey();
  const { search } = useSearch();
  const hits = shownHits(useHitGroups(search.data)).map((shown) => shown.hit);
  const compare = useView((s) => s.compare);
  const room = compareLayouts[useSetup((s) => s.layout)].hits;
  const flickers = useFlicker((s) => s.on);
  const ends = (direction: 1 | -1) => {
    if (!compare) return true;
    const place = compare.hits.findIndex(({ lesion }) => lesion === compare.active);
    // Hits that take turns in one pane come one after the other before the page does.
    if (flickers && compare.hits[place + direction]) return false;
    return stepped(compare, hits, room, direction) === compare;
  };
  return (
    <>
      <IconButton
        label={`Previous hits (${keyOf('previousHit')})`}
        name="Previous hits"
        disabled={ends(-1)}
        act={() => stepBeside(-1)}
      >
        <IconChevronLeft size={14} />
      </IconButton>
      <IconButton
        label={`Next hits (${keyOf('nextHit')})`}
        name="Next hits"
        disabled={ends(1)}
        act={() => stepBeside(1)}
      >
        <IconChevronRight size={14} />
      </IconButton>
    </>
  );
}

function IconButton(props: {
  label: string;
  name: string;
  act: () => void;
  pressed?: boolean;
  disabled?: boolean;
  testId?: string;
  children: ReactNode;
}) {
  const { label, name, act, pressed, disabled, testId, children } = props;
  return (
    <Tooltip label={label}>
      <ActionIcon
        size="sm"
        variant={pressed ? 'filled' : 'default'}
        color={pressed ? 'cyan' : undefined}
        aria-label={name}
        aria-pressed={pressed}
        disabled={disabled}
        data-testid={testId}
        onClick={act}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

/** How far all panes stand from their lesions' centres. */
function Offset({ hit }: { hit: Hit }) {
  const plane = useSetup((s) => s.plane);
  const { offsetMm } = useLinked((s) => s.places[plane]);
  const shiftMm = useLinked((s) => (plane === 'axial' ? (s.shiftsMm[hit.lesion] ?? 0) : 0));
  return (
    <span className="compare-offset" data-testid="compare-offset" data-offset-mm={offsetMm}>
      {minus(Number(offsetMm.toFixed(1)))} mm from centre
      {shiftMm !== 0 && `, the hit ${minus(Number(shiftMm.toFixed(1)))} mm further`}
    </span>
  );
}

function PlaneControl() {
  const plane = useSetup((s) => s.plane);
  const keyOf = useShownKey();
  return (
    <Tooltip label={`Plane of all panes (${keyOf('comparePlane')})`} openDelay={400}>
      <SegmentedControl
        size="xs"
        aria-label="Plane of all panes"
        data-testid="compare-plane"
        value={plane}
        onChange={(value) => useSetup.setState({ plane: planes.find((one) => one === value) ?? plane })}
        data={planes.map((one) => ({
          value: one,
          label: (
            <>
              <span aria-hidden="true">{one.slice(0, 3)}</span>
              <VisuallyHidden>{one}</VisuallyHidden>
            </>
          ),
        }))}
      />
    </Tooltip>
  );
}

function LayoutMenu() {
  const layout = useSetup((s) => s.layout);
  const keyOf = useShownKey();
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Tooltip label={`Layout of query and hits (${keyOf('layout')})`}>
          <Button size="compact-xs" variant="default" data-testid="compare-layout">
            {compareLayouts[layout].title}
          </Button>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {compareLayoutNames.map((name) => (
          <Menu.RadioItem
            key={name}
            value={name}
            checked={name === layout}
            closeMenuOnClick
            onChange={() => chooseLayout(name)}
          >
            {compareLayouts[name].title} <span className="dim">query and {compareLayouts[name].hits}</span>
          </Menu.RadioItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function ScaleButton() {
  const toFit = useSetup((s) => s.toFit);
  const keyOf = useShownKey();
  const key = keyOf('compareScale');
  return (
    <IconButton
      label={
        toFit
          ? `Each lesion fills its pane; back to the same mm (${key})`
          : `The same mm in every pane; fit each lesion (${key})`
      }
      name="Fit each lesion to its pane"
      pressed={toFit}
      testId="compare-fit"
      act={toggleScale}
    >
      {toFit ? <IconZoomScan size={14} /> : <IconRulerMeasure size={14} />}
    </IconButton>
  );
}

function FlickerButtons() {
  const { on, running } = useFlicker();
  const rate = useSetup((s) => s.flickerRate);
  const keyOf = useShownKey();
  return (
    <>
      <IconButton
        label={`Flicker: query and hit by turns in one pane (${keyOf('flicker')}); hold ${keyOf('flickerHold')} for the hit`}
        name="Flicker between query and hit"
        pressed={on}
        testId="compare-flicker"
        act={toggleFlicker}
      >
        <IconStack2 size={14} />
      </IconButton>
      {on && (
        <IconButton
          label={
            running
              ? `Stop the clock; faster ${keyOf('cineFaster')}, slower ${keyOf('cineSlower')}`
              : 'Let the pictures take turns by the clock'
          }
          name={running ? 'Stop taking turns' : 'Take turns'}
          testId="flicker-run"
          act={() => runFlicker(!running)}
        >
          {running ? <IconPlayerPause size={14} /> : <IconPlayerPlay size={14} />}
        </IconButton>
      )}
      {on && running && (
        <span className="dim number" data-testid="flicker-rate">
          {turnsPerSecond(rate)} / s
        </span>
      )}
    </>
  );
}

function StudyButton({ hit, name }: { hit: Hit; name: string }) {
  const volume = useQuery(volumeQuery(hit.volume)).data?.volume;
  const lesion = useQuery(lesionQuery(hit.lesion)).data?.lesion ?? null;
  return (
    <Tooltip label="The hit's study in three planes; Esc leads back here">
      <Button
        size="compact-xs"
        variant="default"
        disabled={!volume}
        leftSection={<IconExternalLink size={12} />}
        onClick={() => {
          if (volume) openWholeStudy(volume, lesion, `Whole study of ${name.toLowerCase()}`);
        }}
      >
        Whole study
      </Button>
    </Tooltip>
  );
}
