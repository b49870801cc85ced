/** In every menu that takes something out of the library: whether the next file says who the patients are. */
import { Menu } from '@mantine/core';
import { useTakeAway } from './takeAway.ts';

export function IdentityItem() {
  const identified = useTakeAway((s) => s.identified);
  return (
    <Menu.CheckboxItem
      checked={identified}
      closeMenuOnClick={false}
      onChange={(checked) => useTakeAway.setState({ identified: checked })}
    >
      With the patients’ identity, this once
    </Menu.CheckboxItem>
  );
}
