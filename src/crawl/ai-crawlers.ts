/**
 * Product tokens of crawlers that gather what models are trained on, by their owners' own pages in 2026: a site that
 * forbids one of them by name does not want to be trained on. Those of search and of users' requests are not among them.
 */
export const AI_CRAWLERS = [
  'AI2Bot',
  'Ai2Bot-Dolma',
  'Amazonbot',
  'anthropic-ai',
  'Applebot-Extended',
  'Bytespider',
  'CCBot',
  'ClaudeBot',
  'cohere-ai',
  'cohere-training-data-crawler',
  'Diffbot',
  'FacebookBot',
  'Google-Extended',
  'GPTBot',
  'img2dataset',
  'LAIONDownloader',
  'Meta-ExternalAgent',
  'omgili',
  'PanguBot',
  'SBIntuitionsBot',
  'Timpibot',
] as const
