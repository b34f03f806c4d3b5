/** Sentences of falaai/web/texts.py, by name. The server adds this module to a page's script. */
export const texts: Record<string, string>;
