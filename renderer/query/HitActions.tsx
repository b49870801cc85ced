/** What can be done with a hit beside opening it: say whether it fits, ask why it is one, make it a part of the search. */
import { ActionIcon, HoverCard, Menu, Tooltip } from '@mantine/core';
import { IconDots, IconMinus, IconPlus, IconQuestionMark } from '@tabler/icons-react';
import { useState } from 'react';
import type { Hit } from '../../native/contract/model.ts';
import { openBeside } from '../compare/actions.ts';
import { BesideButton } from '../compare/BesideButton.tsx';
import { useView } from '../ui/store.ts';
import { useShownKey } from '../viewer/ownKeys.ts';
import { markHit } from './marking.ts';
import { hidePatient, togglePin } from './results.ts';
import { addTerm } from './terms.ts';
import { WhyShort } from './WhyShort.tsx';

interface HitActionsProps {
  readonly hit: Hit;
  readonly mark: boolean | null;
  readonly pinned: boolean;
  /** Whether the search that runs found it. */
  readonly found: boolean;
}

export function HitActions({ hit, mark, pinned, found }: HitActionsProps) {
  const keyOf = useShownKey();
  return (
    <span className="hit-actions">
      <MarkButtons hit={hit} mark={mark} />
      {found && <WhyButton hit={hit} />}
      <BesideButton hit={hit} />
      <Menu position="top-end" withinPortal>
        <Menu.Target>
          <ActionIcon size={18} variant="default" aria-label={`More about hit ${hit.rank}`}>
            <IconDots size={12} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => togglePin(hit)}>
            {pinned ? 'Do not pin' : 'Pin: keep first, whatever is searched'} ({keyOf('pinHit')})
          </Menu.Item>
          <Menu.Item onClick={() => hidePatient(hit.patient)}>
            Hide this patient ({keyOf('hidePatient')})
          </Menu.Item>
          <Menu.Divider />
          <TermItems lesion={hit.lesion} patient={hit.patient} name={hit.name} />
        </Menu.Dropdown>
      </Menu>
    </span>
  );
}

export function MarkButtons({ hit, mark }: { hit: Hit; mark: boolean | null }) {
  const keyOf = useShownKey();
  return (
    <>
      <Tooltip
        label={`${mark === true ? 'Take the mark back' : 'Like what I search for'} (${keyOf('markLike')})`}
      >
        <ActionIcon
          size={18}
          variant={mark === true ? 'filled' : 'default'}
          color="teal"
          aria-label={`Mark hit ${hit.rank} as like it`}
          aria-pressed={mark === true}
          data-testid="mark-like"
          onClick={() => markHit(hit.lesion, true)}
        >
          <IconPlus size={12} />
        </ActionIcon>
      </Tooltip>
      <Tooltip
        label={`${mark === false ? 'Take the mark back' : 'Not like what I search for'} (${keyOf('markUnlike')})`}
      >
        <ActionIcon
          size={18}
          variant={mark === false ? 'filled' : 'default'}
          color="red"
          aria-label={`Mark hit ${hit.rank} as unlike it`}
          aria-pressed={mark === false}
          data-testid="mark-unlike"
          onClick={() => markHit(hit.lesion, false)}
        >
          <IconMinus size={12} />
        </ActionIcon>
      </Tooltip>
    </>
  );
}

function WhyButton({ hit }: { hit: Hit }) {
  const [opened, setOpened] = useState(false);
  const words = useView(({ subject }) => subject?.volume === null);
  if (words) return null;
  return (
    <HoverCard
      width={360}
      openDelay={250}
      position="top"
      withinPortal
      onOpen={() => setOpened(true)}
      onClose={() => setOpened(false)}
    >
      <HoverCard.Target>
        <ActionIcon
          size={18}
          variant="default"
          aria-label={`Why is hit ${hit.rank} similar`}
          data-testid="why"
          onClick={() => openBeside(hit, 'why')}
        >
          <IconQuestionMark size={12} />
        </ActionIcon>
      </HoverCard.Target>
      <HoverCard.Dropdown>{opened && <WhyShort hit={hit} />}</HoverCard.Dropdown>
    </HoverCard>
  );
}

/** The items of a menu that make a lesion a part of the search. */
export function TermItems({ lesion, patient, name }: { lesion: string; patient: string; name: string }) {
  const term = { lesion, patient, title: name };
  return (
    <>
      <Menu.Item onClick={() => addTerm({ like: true, ...term })}>Search for lesions like this too</Menu.Item>
      <Menu.Item onClick={() => addTerm({ like: false, ...term })}>…but unlike this</Menu.Item>
    </>
  );
}
