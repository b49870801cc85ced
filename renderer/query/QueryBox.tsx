/** The box for words and filters: offers fields and values while one types, and searches on Enter. */
import { CloseButton, Combobox, TextInput, useCombobox } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useLayoutEffect, useRef, useState } from 'react';
import { PrecedentError } from '../../native/contract/errors.ts';
import { parseQueryText } from '../../native/contract/queryText.ts';
import { callEngine } from '../engine.ts';
import { infoQuery } from '../library/queries.ts';
import { sentence } from '../ui/Empty.tsx';
import { withFilter } from '../ui/LabelMenu.tsx';
import { findByWords, setSearchOptions, useView } from '../ui/store.ts';
import { type Completion, completions } from './completion.ts';

export function QueryBox() {
  const info = useQuery(infoQuery);
  const text = useView((s) => s.words);
  const [cursor, setCursor] = useState(0);
  const [problem, setProblem] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  /** Where to stand once a completion is in the box: before the next letter is typed. */
  const caret = useRef<number | null>(null);
  useLayoutEffect(() => {
    if (caret.current !== null) input.current?.setSelectionRange(caret.current, caret.current);
    caret.current = null;
  });
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  const fields = info.data?.fields ?? [];
  const offered = completions(text, cursor, fields);

  const write = (next: string, at: number) => {
    useView.setState({ words: next });
    setCursor(at);
    setProblem(null);
    combobox.resetSelectedOption();
  };
  const take = (completion: Completion) => {
    const { from, to, text: piece, goesOn } = completion;
    // A space that follows already is not doubled.
    const after = text.slice(to).replace(/^ /, goesOn ? ' ' : '');
    const at = from + piece.length;
    write(text.slice(0, from) + piece + after, at);
    if (!goesOn) combobox.closeDropdown();
    caret.current = at;
  };
  const search = async () => {
    combobox.closeDropdown();
    try {
      const asked = parseQueryText(
        text,
        fields.map(({ name }) => name),
      );
      // A value that its field cannot have is said here, before it becomes a filter.
      await callEngine('filters.count', { where: [...asked.where] });
      // Who types on meanwhile has not asked for this.
      if (useView.getState().words !== text) return;
      const where = asked.where.reduce(withFilter, useView.getState().options.where);
      useView.setState({ words: asked.words });
      setSearchOptions({ where });
      findByWords(asked.words);
      // The keys of the window act on the hits again.
      input.current?.blur();
    } catch (error) {
      const { what, where, todo } = PrecedentError.from(error);
      setProblem([where ? `${where}: ${what}` : what, todo ?? ''].filter(Boolean).map(sentence).join(' '));
    }
  };

  return (
    <Combobox
      store={combobox}
      position="top-start"
      shadow="md"
      width={400}
      onOptionSubmit={(n) => {
        const completion = offered[Number(n)];
        if (completion) take(completion);
      }}
    >
      <Combobox.Target autoComplete="off" withExpandedAttribute>
        <TextInput
          ref={input}
          id="query-words"
          className="query-box"
          size="xs"
          data-testid="query-box"
          aria-label="Search by words and filters"
          aria-autocomplete="list"
          placeholder="Words and filters, as organ:liver size:10..30 nodule"
          leftSection={<IconSearch size={13} />}
          rightSection={
            text ? <CloseButton size="xs" aria-label="Clear the words" onClick={() => write('', 0)} /> : null
          }
          error={problem}
          errorProps={{ className: 'query-problem' }}
          maxLength={1000}
          spellCheck={false}
          value={text}
          onChange={(event) => {
            write(event.currentTarget.value, event.currentTarget.selectionStart ?? 0);
            combobox.openDropdown();
          }}
          onSelect={(event) => setCursor(event.currentTarget.selectionStart ?? 0)}
          onBlur={() => combobox.closeDropdown()}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
            if (combobox.dropdownOpened && combobox.getSelectedOptionIndex() !== -1) return;
            event.preventDefault();
            void search();
          }}
        />
      </Combobox.Target>
      <Combobox.Dropdown hidden={offered.length === 0}>
        <Combobox.Options aria-label="Fields and values">
          {offered.map(({ shown, note, text: piece }, n) => (
            <Combobox.Option key={piece} value={String(n)} className="completion">
              <span>{shown}</span>
              <span className="dim">{note}</span>
            </Combobox.Option>
          ))}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
