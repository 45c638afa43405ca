import { xmpPackets } from '../media/xmp.ts'
import { decide, type ConsentLevel, type Signal } from './consent.ts'
import { tdmSignals } from './consent-tdm.ts'

const PLUS = 'http://ns.useplus.org/ldf/xmp/1.0/'
/** A packet needs one; one made to be slow has thousands. */
const MAX_PREFIXES = 4
/** Characters of a value as an element, its end tag with them. */
const MAX_VALUE = 2000
const TDM = 'http://www.w3.org/ns/tdmrep/'

/**
 * What the XMP of a picture says: `plus:DataMining` (PLUS License Data Format 2.0.1, IPTC Photo Metadata 2023.1), whose
 * DMI-PROHIBITED values all reserve and DMI-ALLOWED permits; and `tdm:reservation`, as TDMRep has it for PDF.
 *
 * Cost: microseconds, as no pixel is decoded, and only a packet that names one of the two is read as text.
 */
export function xmpSignal(bytes: Buffer, level: ConsentLevel): Signal | null {
  if (level === 'basic') return null
  return decide(xmpPackets(bytes).flatMap((packet) => packetSignals(packet, level)))
}

function packetSignals(packet: Buffer, level: ConsentLevel): (Signal | null)[] {
  const isUtf16 = (packet[0] === 0xff && packet[1] === 0xfe) || (packet[0] === 0xfe && packet[1] === 0xff)
  if (!isUtf16 && !packet.includes('DataMining') && !packet.includes(TDM)) return []
  const text = new TextDecoder(isUtf16 ? (packet[0] === 0xff ? 'utf-16le' : 'utf-16be') : 'utf-8').decode(
    packet,
  )
  return [
    ...properties(text, PLUS, 'DataMining').map((value) => dataMining(value, level)),
    ...tdmSignals(properties(text, TDM, 'reservation'), properties(text, TDM, 'policy'), 'XMP', level),
  ]
}

function dataMining(value: string, level: ConsentLevel): Signal | null {
  const source = `XMP plus:DataMining: ${value}`
  if (/PROHIBITED/i.test(value)) return { reserves: true, rule: 'data-mining-prohibited', source }
  if (/ALLOWED$/i.test(value)) return { reserves: false, rule: 'data-mining-prohibited', source }
  if (value === '' || /UNSPECIFIED$/i.test(value)) return null
  return level === 'strict' ? { reserves: true, rule: 'consent-unreadable', source } : null
}

/** Values of a property, written as an attribute, as an element with text, or with rdf:resource. */
function properties(text: string, namespace: string, name: string): string[] {
  const declared = [...text.matchAll(/xmlns:([\w.-]+)\s*=\s*["']([^"']*)["']/g)]
  const prefixes = new Set(declared.filter(([, , uri]) => uri === namespace).map(([, prefix]) => prefix!))
  return [...prefixes].slice(0, MAX_PREFIXES).flatMap((prefix) => {
    const full = `${prefix.replaceAll('.', '\\.')}:${name}`
    const attributes = new RegExp(`\\s${full}\\s*=\\s*(?:"([^"<]*)"|'([^'<]*)')`, 'g')
    const elements = new RegExp(`<${full}(\\s[^<>]*?)?(/?)>`, 'g')
    const end = new RegExp(`</${full}\\s*>`)
    return [
      ...[...text.matchAll(attributes)].map(([, double, single]) => double ?? single!),
      ...[...text.matchAll(elements)].flatMap(({ 0: tag, 1: head = '', 2: empty, index }) => {
        const resource = /rdf:resource\s*=\s*["']([^"']*)["']/.exec(head)?.[1]
        if (resource !== undefined || empty === '/') return [resource ?? '']
        // A value is short; an element without an end is looked through no further.
        const inner = text.slice(index + tag.length, index + tag.length + MAX_VALUE)
        const length = inner.search(end)
        return length < 0 ? [] : [inner.slice(0, length).replace(/<[^>]*>/g, ' ')]
      }),
    ].map((value) => value.trim())
  })
}
