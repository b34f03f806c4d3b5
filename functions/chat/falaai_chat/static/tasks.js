// @ts-check
// Tasks of the browser: between two of them it paints and handles input.

/** Resolve in a task of its own. */
export const nextTask = () => new Promise((resolve) => setTimeout(resolve));
