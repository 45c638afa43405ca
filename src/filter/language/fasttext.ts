import { packageFile } from './package-file.ts'

export interface Guess {
  /** ISO 639-1 code, or ISO 639-3 where that has none. */
  language: string
  /** 0..1, roughly calibrated from .3 up. */
  probability: number
}

/** The model: lid.176.ftz of fastText (A. Joulin et al., arXiv 1607.01759; CC-BY-SA 3.0), 0.9 MB, 176 languages. */
export const LID_MODEL = packageFile(
  'fasttext.wasm.js',
  'dist/models/language-identification/assets/lid.176.ftz',
)

/** What the model answers, and the code that says the same here. Its own are those of Wikipedias. */
const RENAMED: Record<string, string> = { als: 'gsw', arz: 'ar', azb: 'az', ckb: 'ku', wuu: 'zh', yue: 'zh' }

/**
 * fastText's language identification, in WebAssembly. Loads in 0.1 s, holds 10 MiB.
 *
 * The text must be one line in lower case: upper case costs 20-40 points of accuracy, and a line break ends the text.
 */
export async function loadFastText(): Promise<(text: string) => Guess> {
  const { getLIDModel } = (await import('fasttext.wasm.js')) as FastText
  const lid = await getLIDModel({ modelPath: LID_MODEL.href })
  const model = await lid.load()
  return (text) => {
    const guesses = model.predict(text, 1, 0)
    const [probability, label] = guesses.get(0)
    // The list lives in WebAssembly's memory, where no garbage collector looks.
    guesses.delete()
    const language = label.replace('__label__', '')
    return { language: RENAMED[language] ?? language, probability: Math.min(probability, 1) }
  }
}

// The package's own types cannot be resolved: they import without file extensions.
interface FastText {
  getLIDModel(options: { modelPath: string }): Promise<{ load(): Promise<Model> }>
}

interface Model {
  predict(text: string, top: number, threshold: number): Guesses
}

interface Guesses {
  get(index: number): [probability: number, label: string]
  delete(): void
}
