import ArgumentParser
import Foundation
import Synchronization
import TestSupport

/// Mutants of every kind of input: each must end in a result or in one line, in time and in memory.
struct FuzzCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz", abstract: "Runs train-gpu on changed inputs of every kind.")

  @Option(help: "Changed inputs of each kind.")
  var count = 300

  @Option(help: "The number of the first, to do one again.")
  var first = 0

  @Option(help: "Only this kind.")
  var kind: FuzzTarget?

  @Flag(name: .shortAndLong, help: "Print why an input was refused.")
  var verbose = false

  @OptionGroup var options: CampaignOptions

  func run() throws {
    let targets = kind.map { [$0] } ?? FuzzTarget.allCases
    let places = Mutex<[Int: FuzzPlace]>([:])
    let (program, limits, seed, keep) = (
      options.programURL, options.limits, options.seed, options.keep
    )
    let (first, count, verbose) = (first, count, verbose)
    try checkOriginals(of: targets)
    let refusals = Mutex<[FuzzTarget: Int]>([:])
    let (findings, tried) = try options.findings(
      count * targets.count,
      name: { "\(targets[$0 % targets.count]) \(first + $0 / targets.count)" }
    ) { index, worker in
      let place: FuzzPlace
      if let made = places.withLock({ $0[worker] }) {
        place = made
      } else {
        place = try FuzzPlace(program: program, limits: limits)
        places.withLock { $0[worker] = place }
      }
      let mutant = Mutant(
        target: targets[index % targets.count], number: first + index / targets.count, seed: seed)
      let result = try mutant.run(program, in: place, limits: limits, keep: keep)
      if let refusal = result.refusal {
        refusals.withLock { $0[mutant.target, default: 0] += 1 }
        if verbose { print("\(mutant.target) \(mutant.number): \(refusal)") }
      }
      return result.fault
    }
    let refused = refusals.withLock { $0 }
    for target in targets {
      let text = target.rawValue.padding(toLength: 12, withPad: " ", startingAt: 0)
      print("\(text)\(refused[target] ?? 0) refused")
    }
    try options.conclude(
      tried == count * targets.count
        ? "\(count) inputs of each of \(targets.count) kinds, seed \(seed)"
        : "\(options.title(tried, of: count * targets.count)) inputs of \(targets.count) kinds, seed "
          + "\(seed)", findings)
  }
}

extension FuzzCommand {
  /// Every input is accepted as long as nothing in it is changed: else a campaign would show
  /// nothing.
  private func checkOriginals(of targets: [FuzzTarget]) throws {
    let place = try FuzzPlace(program: options.programURL, limits: options.limits)
    for target in targets {
      for file in target.files {
        let output = place.base.url("original-\(target)")
        let result = try ChildProcess(
          options.programURL, target.arguments(file, in: place, output: output),
          in: place.base.folder.url, input: target.input, limits: options.limits)
        try? FileManager.default.removeItem(at: output)
        try place.restoreRun()
        if result.ending != .exit(0) {
          throw CampaignError(description: "\(file), unchanged: \(result.ending): \(result.errors)")
        }
      }
    }
  }
}

/// One changed input.
struct Mutant {
  let target: FuzzTarget
  let number: Int
  let seed: UInt64

  /// Runs the program on it.
  ///
  /// - Returns: what is wrong with how that ended, or nil; and the line with which the input was
  ///   refused.
  func run(
    _ program: URL, in place: FuzzPlace, limits: ChildProcess.Limits, keep: String?
  ) throws -> (fault: String?, refusal: Substring?) {
    let kind = UInt64(FuzzTarget.allCases.firstIndex(of: target) ?? 0)
    var random = SeededGenerator(seed: seed &* 1_000_003 &+ kind << 32 &+ UInt64(number))
    let file = target.files[number % target.files.count]
    let url = place.base.url(file)
    let output = place.base.url("new")
    let original = [UInt8](try Data(contentsOf: url))
    let changed = Mutation(words: target.words).applied(
      to: original, focus: Self.headerBytes(of: original, named: file), using: &random)
    try Data(changed).write(to: url)
    let arguments = target.arguments(file, in: place, output: output)
    let result = try ChildProcess(
      program, arguments, in: place.base.folder.url, input: target.input, limits: limits)
    try Data(original).write(to: url)
    try? FileManager.default.removeItem(at: output)
    if target == .checkpoint { try place.restoreRun() }
    guard let fault = result.fault else { return (nil, result.errorLines.first) }
    if let keep {
      let folder = URL(filePath: keep)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let name = "\(target)-\(seed)-\(number)-\(url.lastPathComponent)"
      try Data(changed).write(to: folder.appending(path: name))
    }
    let again = "--kind \(target) --seed \(seed) --first \(number) --count 1 --keep DIR"
    return ("\(target) \(number) (\(file); again: pith-campaign fuzz \(again)): \(fault)", nil)
  }

  /// Bytes of the header of a safetensors or GGUF file, nil for other files.
  private static func headerBytes(of bytes: [UInt8], named name: String) -> Int? {
    if name.hasSuffix(".gguf") { return TinyGGUF.file.header.count }
    guard name.hasSuffix(".safetensors"), bytes.count >= 8 else { return nil }
    return 8 + (0..<3).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
  }
}
