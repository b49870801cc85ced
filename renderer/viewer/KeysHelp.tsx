/** The table of keys, as a dialog. */
import { Modal } from '@mantine/core';
import { useView } from '../ui/store.ts';
import { type KeyBinding, keyBindings } from './keys.ts';

const groups: readonly KeyBinding['group'][] = ['Tools', 'Mark', 'Search', 'Picture'];
const names: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowDown: '↓',
  ArrowUp: '↑',
  PageDown: 'Page ↓',
  PageUp: 'Page ↑',
  Escape: 'Esc',
};

export function KeysHelp() {
  const open = useView((s) => s.dialog === 'help');
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
            {keyBindings
              .filter((binding) => binding.group === group)
              .map((binding) => (
                <div key={binding.name} className="key-line">
                  <span>{binding.name}</span>
                  <span className="key-names">
                    {binding.keys.map((key) => (
                      <kbd key={key}>{shown(key)}</kbd>
                    ))}
                  </span>
                </div>
              ))}
          </section>
        ))}
      </div>
    </Modal>
  );
}

function shown(key: string): string {
  if (key.length === 1) return key.toUpperCase();
  return key
    .split('+')
    .map((part) => names[part] ?? (part === 'Mod' ? 'Ctrl' : part.length === 1 ? part.toUpperCase() : part))
    .join(' ');
}
