export { writeReport, type ReportOptions } from './write-report.ts'
