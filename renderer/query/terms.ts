/** What else a search is to be like, or unlike. */
import { callEngine } from '../engine.ts';
import { failed } from '../ui/notice.ts';
import { findLike, type Subject, type Term, useView } from '../ui/store.ts';

/** The most of each kind that a search takes, the first thing that is searched for included. */
const most = 8;

/** Adds a lesion to the search, or takes the place of what was said of it before; without a search, likeness to it begins one. */
export function addTerm(term: Term): void {
  const { subject } = useView.getState();
  if (!subject) {
    if (term.like)
      callEngine('lesion.get', { lesion: term.lesion })
        .then(({ lesion }) => findLike(lesion))
        .catch((error: unknown) => failed('The lesion was not found', error));
    return;
  }
  const others = subject.also.filter(({ lesion }) => lesion !== term.lesion);
  if (others.filter(({ like }) => like === term.like).length >= most - Number(term.like)) return;
  changeTerms(subject, { also: [...others, term] });
}

export function removeTerm(term: Term): void {
  const { subject } = useView.getState();
  if (subject) changeTerms(subject, { also: subject.also.filter((other) => other !== term) });
}

export function setCombine(combine: Subject['combine']): void {
  const { subject } = useView.getState();
  if (subject) changeTerms(subject, { combine });
}

function changeTerms(subject: Subject, change: Partial<Pick<Subject, 'also' | 'combine'>>): void {
  useView.setState({ subject: { ...subject, ...change } });
}
