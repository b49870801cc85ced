/** What the tour shows, one row a step. */
export interface TourStep {
  /** Selects what is pointed at. */
  readonly at: string;
  /** Selects what is clicked first, as the user would. */
  readonly click?: string;
  readonly title: string;
  readonly text: string;
}

const id = (name: string) => `[data-testid="${name}"]`;

export const tourSteps: readonly TourStep[] = [
  {
    at: id('library-panel'),
    title: 'Your proven cases',
    text: 'Patients, studies and lesions of this library, with what each turned out to be. Import brings CT in; nothing leaves this machine.',
  },
  {
    at: id('viewport-axial'),
    click: id('lesion-row'),
    title: 'Read',
    text: 'A lesion opens in three planes. The wheel scrolls, the right button zooms, the middle one pans, and 2 to 9 choose a window.',
  },
  {
    at: id('tool-ellipse'),
    title: 'Mark',
    text: 'E, B, D and S mark a lesion on one slice: ellipse, box, freehand, sphere. The mark grows into a lesion in 3D that can be corrected.',
  },
  {
    at: id('find-similar'),
    title: 'Find',
    text: 'F finds the most similar lesions of other patients. Words and filters go into the line above the hits.',
  },
  {
    at: id('hit-strip'),
    click: id('find-similar'),
    title: 'The cases like this one',
    text: 'The most similar first, each with what it turned out to be and how that is known. Plus and minus say which are like it, and the hits are ranked anew.',
  },
  {
    at: id('distribution-panel'),
    title: 'What they turned out to be',
    text: 'How often each diagnosis occurs among the hits, beside how often it occurs in the whole library.',
  },
  {
    at: id('compare-view'),
    click: id('hit-card'),
    title: 'Compare',
    text: 'Query and hit scroll together, in the same window and at the same scale. N and M step through the hits, Esc leads back.',
  },
  {
    at: '[aria-label="Keys"]',
    title: 'Every key',
    text: 'The question mark lists all keys; the settings change them. This tour starts again from that list. Research use, not for primary diagnosis.',
  },
];
