/** What a search is made of beside its first lesion: further lesions, and marks on hits. Nothing where there is neither. */
import { Button, Pill, SegmentedControl } from '@mantine/core';
import { IconArrowBackUp } from '@tabler/icons-react';
import { useIdentity } from '../ui/identity.ts';
import { useView } from '../ui/store.ts';
import { feedbackOf } from './hitMarks.ts';
import { resetMarks, undoMark } from './marking.ts';
import { removeTerm, setCombine } from './terms.ts';

export function QueryTerms() {
  const subject = useView((s) => s.subject);
  const identity = useIdentity();
  if (!subject || subject.also.length + subject.marks.length === 0) return null;
  const { also, combine, marks, title } = subject;
  const feedback = feedbackOf(marks);
  return (
    <div className="query-terms" data-testid="query-terms">
      {also.length > 0 && (
        <>
          <Pill size="sm">Like {title}</Pill>
          {also.map((term) => (
            <Pill
              key={term.lesion}
              size="sm"
              className={term.like ? 'term-like' : 'term-unlike'}
              withRemoveButton
              removeButtonProps={{
                'aria-label': `Remove ${term.title} from the search`,
                'aria-hidden': false,
                tabIndex: 0,
              }}
              onRemove={() => removeTerm(term)}
            >
              {term.like ? `${combine} like` : 'not like'} {identity.patient(term.patient)} · {term.title}
            </Pill>
          ))}
          {also.some(({ like }) => like) && (
            <SegmentedControl
              size="xs"
              aria-label="Like all or any of them"
              value={combine}
              onChange={(value) => setCombine(value === 'or' ? 'or' : 'and')}
              data={[
                { value: 'and', label: 'all' },
                { value: 'or', label: 'any' },
              ]}
            />
          )}
        </>
      )}
      {marks.length > 0 && (
        <>
          <span className="dim" data-testid="marks-told">
            Ranked by marks: {feedback?.relevant.length ?? 0} like, {feedback?.irrelevant.length ?? 0} unlike
          </span>
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            leftSection={<IconArrowBackUp size={12} />}
            onClick={undoMark}
          >
            Undo
          </Button>
          <Button size="compact-xs" variant="subtle" color="gray" onClick={resetMarks}>
            Reset marks
          </Button>
        </>
      )}
    </div>
  );
}
