/** Languages that can be detected: ISO 639-1 codes, and ISO 639-3 ones of languages that have no other. */
export const LANGUAGE_CODES: ReadonlySet<string> = new Set(
  `af am an ar as ast av az ba bar bcl be bg bh bn bo bpy br bs bxr ca cbk ce ceb co cs cv cy da de diq dsb dty dv el eml
  en eo es et eu fa fi fr frr fy ga gd gl gn gom gsw gu gv he hi hif hr hsb ht hu hy ia id ie ilo io is it ja jbo jv ka kk
  km kn ko krc ku kv kw ky la lb lez li lmo lo lrc lt lv mai mg mhr min mk ml mn mr mrj ms mt mwl my myv mzn nah nap nds
  ne new nl nn no oc or os pa pam pfl pl pms pnb ps pt qu rm ro ru rue sa sah sc scn sco sd sh si sk sl so sq sr su sv sw
  ta te tg th tk tl tr tt tyv ug uk ur uz vec vep vi vls vo wa war xal xmf yi yo zh`.split(/\s+/),
)

/** The code that detection uses for a language: Bokmål (`nb`) is what the models call Norwegian. */
export function detectedCode(code: string): string {
  return code === 'nb' ? 'no' : code
}
