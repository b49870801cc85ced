/** Runs code in the page as the page would: as an event task, where the content policy is in force. */
import type { Page } from 'playwright-core';

/**
 * The body of an async function in plain JavaScript; what it returns comes back. The debugger may use eval whatever the
 * content policy says, but only while its own call lasts: hence the code is compiled in it and runs in a later task.
 */
export function runInPage(page: Page, body: string): Promise<unknown> {
  return page.evaluate(`new Promise((resolve, reject) => {
    const act = async () => { ${body} };
    setTimeout(() => act().then(resolve, reject), 0);
  })`);
}
