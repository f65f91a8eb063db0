import Distillation
import JSON

/// The report of a finished sweep on standard output.
struct SweepSummary {
  let result: SweepResult

  var text: String {
    """
    \(table)

    \(delivery)

    Files in \(result.output.path):
      report.html                                      all of it for a browser
      sweep.json                                       the same numbers
    """
  }

  private var table: String {
    let isSupervised = result.record.members.contains { $0.crossEntropy != nil }
    // Without a context there is nothing that is fewer, or that a KL could be to.
    let hasContext = result.record.members.contains { $0.kl != nil }
    let heading =
      ["", "method", "tokens"]
      + (hasContext ? ["times fewer", "held-out KL", "gap closed"] : [])
      + (isSupervised ? ["held-out cross-entropy"] : []) + ["exact match", "bytes", ""]
    let rows = zip(result.record.members, result.metrics).map { member, metrics -> [String] in
      var cells = [
        member.folder, member.method.rawValue, "\(member.tokens)",
      ]
      if hasContext {
        cells += [
          metrics.compressionRatio.map { Decimals.text($0, 1) } ?? "",
          member.kl.map { Decimals.text($0, 4) } ?? "",
          metrics.validation?.gapClosed.map { Decimals.percent($0) } ?? "",
        ]
      }
      if isSupervised { cells.append(member.crossEntropy.map { Decimals.text($0, 4) } ?? "") }
      return cells + [
        metrics.validation.map { Decimals.percent($0.exactMatch) } ?? "",
        member.promptBytes.map { "\($0)" } ?? "",
        member.folder == result.record.delivered ? "delivered" : "",
      ]
    }
    return TextTable(
      columns: [.left, .left] + [TextTable.Alignment](repeating: .right, count: heading.count - 3)
        + [.left],
      rows: [heading] + rows
    ).text
  }

  private var measure: String {
    result.record.members.contains { $0.crossEntropy != nil } ? "cross-entropy" : "KL"
  }

  private var delivery: String {
    let record = result.record
    guard let delivered = record.delivered else {
      return "None is within the budget; all \(Counted(record.members.count, "run")) are kept."
    }
    let reason =
      record.budget.map { "the smallest with a held-out KL of at most \($0)" }
      ?? "the lowest held-out \(measure)"
    return "Delivered: \(delivered), \(reason). Its files are in the output folder itself too."
  }
}
