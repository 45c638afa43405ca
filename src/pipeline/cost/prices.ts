import { z } from 'zod'
import { configError, type PlacedFault } from '../fault.ts'
import { parseYaml, readPipeline } from '../yaml.ts'
import { zodFaults } from '../zod-faults.ts'

const price = (value: number, doc: string) => z.number().min(0).default(value).describe(doc)

/**
 * Unit prices. The defaults are list prices of a large cloud, to be replaced by one's own.
 *
 * vcpuHour: 0.68 USD an hour for 16 vCPU, the machine of img2dataset's LAION-5B tutorial (c6i.4xlarge). Storage and
 * writes: what object stores ask in the cheapest large regions. Traffic into a cloud is mostly free.
 */
export const pricesSchema = z.strictObject({
  currency: z.string().min(1).default('USD').describe('name of the currency'),
  vcpuHour: price(0.0425, 'a vCPU held for an hour, used or not'),
  storageGibMonth: price(0.023, 'a GiB stored for a month'),
  storageMonths: price(1, 'months for which run and out folders are kept'),
  thousandWrites: price(0.005, 'a thousand objects written'),
  gibIn: price(0, 'a GiB that comes in from the web'),
})

export type Prices = z.output<typeof pricesSchema>

export const DEFAULT_PRICES: Prices = pricesSchema.parse({})

/** Reads a price file (YAML). @throws PairloomError `PL_CONFIG` with all faults, each with its line */
export async function readPrices(path: string): Promise<Prices> {
  const source = parseYaml(await readPipeline(path, 'prices'), path)
  const parsed = pricesSchema.safeParse(source.value ?? {})
  const faults: PlacedFault[] = parsed.success
    ? source.faults
    : [
        ...source.faults,
        ...zodFaults(parsed.error.issues, source.value, [], pricesSchema).map((f) => {
          const placed = source.place(f)
          return f.path.length > 0 ? placed : { ...placed, path: ['prices'] }
        }),
      ]
  if (!parsed.success || faults.length > 0) throw configError(path, faults)
  return parsed.data
}
