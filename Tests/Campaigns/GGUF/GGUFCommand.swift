import ArgumentParser
import Foundation

/// Mutants of headers and metadata of GGUF files: each is refused in one line, or read, loaded and
/// run, in time and in memory. A process tries many, as starting one takes longer than reading a
/// file; one that dies shows at which.
struct GGUFCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gguf", abstract: "Reads changed GGUF files, many in a process.")

  @Option(help: "Changed files.")
  var count = 100_000

  @Option(help: "The number of the first, to do one again.")
  var first = 0

  @Option(help: "Changed files of one process.")
  var batch = 500

  @OptionGroup var options: CampaignOptions

  func run() throws {
    let own = Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0])
    let (first, count, batch, seed) = (first, count, max(batch, 1), options.seed)
    let (limits, keep) = (options.limits, options.keep)
    let batches = (count + batch - 1) / batch
    let (findings, tried) = try options.findings(
      batches, name: { "from file \(first + $0 * batch) on" }
    ) { index, _ in
      let place = try GGUFPlace(keep: keep)
      var (next, end) = (first + index * batch, min(first + (index + 1) * batch, first + count))
      var found: [String] = []
      while next < end {
        // A file may take its seconds, so a process as many as its files.
        let result = try ChildProcess(
          own,
          [
            GGUFBatchCommand.name, "--first", "\(next)", "--count", "\(end - next)", "--seed",
            "\(seed)", "--seconds", "\(limits.seconds)",
          ], in: place.folder.url,
          limits: .init(
            seconds: limits.seconds * 4 + Double(end - next), mebibytes: limits.mebibytes))
        if result.ending == .exit(0) { break }
        let number = place.reached ?? next
        found.append("gguf \(number): \(result.ending): \(result.errors.suffix(300))")
        try place.keep(number, seed: seed)
        next = number + 1
      }
      end = next
      return found.isEmpty ? nil : found.joined(separator: "\n")
    }
    let all = tried == batches ? count : tried * batch
    try options.conclude(
      "\(options.title(all, of: count)) changed GGUF files, seed \(seed)", findings)
  }
}
