/** In the toolbar: the magnifier, the key image's star and the elements of the original file. */
import { ActionIcon, Tooltip } from '@mantine/core';
import { IconListDetails, IconStar, IconZoomScan } from '@tabler/icons-react';
import type { ComponentType } from 'react';
import { toggleKeyImage } from '../keyImages/keyImages.ts';
import { useView } from '../ui/store.ts';
import { useWindows } from '../windows/state.ts';
import { toggleMagnifier, useMagnifier } from './magnifier.ts';
import { useShownKey } from './ownKeys.ts';

export function ReadingTools() {
  const apart = useWindows((s) => s.apart);
  const open = useView((s) => s.row !== null && (apart || s.compare === null));
  const magnifying = useMagnifier((s) => s.on);
  return (
    <div className="tool-group">
      <Tool
        name="Magnifier"
        binding="magnifier"
        Icon={IconZoomScan}
        act={toggleMagnifier}
        pressed={magnifying}
        off={!open}
      />
      <Tool name="Key image" binding="keyImage" Icon={IconStar} act={toggleKeyImage} off={!open} />
      <Tool
        name="Elements of the original file"
        binding="tags"
        Icon={IconListDetails}
        act={() => useView.setState({ dialog: 'tags' })}
        off={!open}
      />
    </div>
  );
}

function Tool(props: {
  name: string;
  binding: string;
  Icon: ComponentType<{ size?: number }>;
  act: () => void;
  pressed?: boolean;
  off: boolean;
}) {
  const { name, binding, Icon, act, pressed, off } = props;
  const key = useShownKey()(binding);
  return (
    <Tooltip label={key ? `${name} (${key})` : name} openDelay={400}>
      <ActionIcon
        size="md"
        variant={pressed ? 'filled' : 'subtle'}
        color={pressed ? 'cyan' : 'gray'}
        aria-label={name}
        aria-pressed={pressed}
        data-testid={`reading-${binding}`}
        disabled={off}
        onClick={act}
      >
        <Icon size={17} />
      </ActionIcon>
    </Tooltip>
  );
}
