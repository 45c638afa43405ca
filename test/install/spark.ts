import { venv } from './venv.ts'
import { missingProgram } from './program.ts'

/** Spark SQL as PyPI has it: 430 MB of jars. Java comes from the system. */
export const SPARK = venv('spark', ['py4j==0.10.9.9', 'setuptools==84.2.1'], ['pyspark==4.3.0'])

/** Arguments of spark-submit for tests: few rows, so no time for Java to optimize, and few parts. */
export const QUICK = [
  '--driver-java-options',
  '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC',
  '--conf',
  'spark.sql.shuffle.partitions=3',
]

/** Why Spark cannot be used here and how to get it; null where it is there or may be made. */
export function missingSpark(): string | null {
  const java = missingProgram('java', /version "?(17|21)/, ['-version'])
  return java === null ? SPARK.missing : `${java}: apt-get install openjdk-17-jre-headless`
}
