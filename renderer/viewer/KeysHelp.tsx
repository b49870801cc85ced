/** The table of keys, with the user's own, and the mouse, as a dialog. */
import { Modal } from '@mantine/core';
import { TourButton } from '../tour/Tour.tsx';
import { useView } from '../ui/store.ts';
import { type KeyBinding, shownKey } from './keys.ts';
import { mouseHelp } from './mouse.ts';
import { useOwnKeys } from './ownKeys.ts';

const groups: readonly KeyBinding['group'][] = ['Tools', 'Mark', 'Layout', 'Search', 'Compare', 'Picture'];

export function KeysHelp() {
  const open = useView((s) => s.dialog === 'help');
  const bindings = useOwnKeys((s) => s.bindings);
  return (
    <Modal
      opened={open}
      onClose={() => useView.setState({ dialog: null })}
      title="Keys and mouse"
      size="xl"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className="keys" data-testid="keys-help">
        {groups.map((group) => (
          <section key={group}>
            <div className="panel-label">{group}</div>
            {bindings
              .filter((binding) => binding.group === group)
              .map(({ name, keys }) => (
                <Line key={name} name={name} keys={keys.map(shownKey)} />
              ))}
          </section>
        ))}
        <section>
          <div className="panel-label">Mouse</div>
          {mouseHelp.map(({ gesture, name }) => (
            <Line key={gesture} name={name} keys={[gesture]} />
          ))}
        </section>
      </div>
      <TourButton />
    </Modal>
  );
}

function Line({ name, keys }: { name: string; keys: readonly string[] }) {
  return (
    <div className="key-line">
      <span>{name}</span>
      <span className="key-names">
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </span>
    </div>
  );
}
