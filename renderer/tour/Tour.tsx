/** The tour through the main job: points at one place after the other, and does there what the user would do. */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type Driver, driver } from 'driver.js';
import { useEffect } from 'react';
import 'driver.js/dist/driver.css';
import { infoQuery } from '../library/queries.ts';
import { useView } from '../ui/store.ts';
import { toggleHitsWindow } from '../windows/hitsWindow.ts';
import { useWindows } from '../windows/state.ts';
import './tour.css';
import { type TourStep, tourSteps } from './steps.ts';

/** How long a step waits for what it points at, in ms: a search and its pictures take this long at most. */
const patienceMs = 20_000;

export function Tour() {
  const open = useView((s) => s.dialog === 'tour');
  useEffect(() => {
    if (!open) return;
    // It points at the hits, too.
    if (useWindows.getState().apart) toggleHitsWindow();
    const tour = driver({
      steps: tourSteps.map(({ at, title, text }) => ({ element: at, popover: { title, description: text } })),
      showProgress: true,
      progressText: '{{current}} of {{total}}',
      nextBtnText: 'Next',
      prevBtnText: 'Back',
      doneBtnText: 'Done',
      popoverClass: 'tour',
      disableActiveInteraction: true,
      animate: !window.matchMedia('(prefers-reduced-motion: reduce)').matches,
      overlayColor: '#000',
      overlayOpacity: 0.6,
      stagePadding: 2,
      onNextClick: () => void next(tour),
      onDestroyed: () => useView.setState({ dialog: null }),
    });
    tour.drive();
    return () => tour.destroy();
  }, [open]);
  return null;
}

async function next(tour: Driver): Promise<void> {
  const step = tourSteps[(tour.getActiveIndex() ?? 0) + 1];
  if (!step) return tour.destroy();
  if (await ready(step)) tour.moveNext();
}

/** Clicks where the step says so, and waits until what it points at is there. */
async function ready({ at, click }: TourStep): Promise<boolean> {
  if (click) {
    const button = await appears(click);
    if (button instanceof HTMLElement) button.click();
  }
  return (await appears(at)) !== null;
}

function appears(selector: string): Promise<Element | null> {
  return new Promise((resolve) => {
    const found = document.querySelector(selector);
    if (found) return resolve(found);
    const end = (element: Element | null) => {
      observer.disconnect();
      clearTimeout(timer);
      resolve(element);
    };
    const observer = new MutationObserver(() => {
      const element = document.querySelector(selector);
      if (element) end(element);
    });
    const timer = setTimeout(() => end(null), patienceMs);
    observer.observe(document.body, { subtree: true, childList: true, attributes: true });
  });
}

/** Nothing in a library without lesions: there is nothing to show. */
export function TourButton() {
  const info = useQuery(infoQuery);
  if (!info.data || info.data.counts.lesions === 0) return null;
  return (
    <Button
      size="compact-xs"
      variant="default"
      data-testid="start-tour"
      onClick={() => useView.setState({ dialog: 'tour' })}
    >
      Show the main job in a minute
    </Button>
  );
}
